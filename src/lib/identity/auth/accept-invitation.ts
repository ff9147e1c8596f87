import { hashPassword } from 'better-auth/crypto';
import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { tenants } from '../../schema/tenants.ts';
import { recordAudit } from '../audit/record.ts';
import type { Person } from './access.ts';
import { nameField, newPasswordField, parseInput } from './input.ts';
import { parseInvitationId, isInvitationToken } from './invitation-token.ts';
import { whereOpen } from './invitations.ts';
import { requireStrongPassword } from './password-strength.ts';
import { isMemberRole } from './roles.ts';
import { invitations, users } from '../../schema/identity.ts';
import { insertMembership, insertUser } from './users.ts';

export interface OpenInvitation {
  id: string;
  email: string;
  role: 'viewer' | 'member' | 'admin';
  tenant: { id: string; slug: string; name: string };
  /** Whether the address has an account; if so, its owner must sign in to accept. */
  hasAccount: boolean;
}

/** The invitation of a link; undefined when the link is forged, used, withdrawn or expired. */
export async function findInvitation(token: string): Promise<OpenInvitation | undefined> {
  const id = parseInvitationId(token);
  if (id === undefined) return undefined;
  const [row] = await globalDb()
    .select({
      invitation: invitations,
      tenant: { id: tenants.id, slug: tenants.slug, name: tenants.name },
      userId: users.id,
    })
    .from(invitations)
    .innerJoin(tenants, and(eq(tenants.id, invitations.organizationId), isNull(tenants.archivedAt)))
    .leftJoin(users, eq(users.email, invitations.email))
    .where(and(eq(invitations.id, id), whereOpen(new Date())));
  if (row === undefined || !isInvitationToken(row.invitation, token)) return undefined;
  const role = row.invitation.role ?? '';
  return {
    id,
    email: row.invitation.email,
    role: isMemberRole(role) ? role : 'viewer',
    tenant: row.tenant,
    hasAccount: row.userId !== null,
  };
}

const newAccount = z.object({ name: nameField, password: newPasswordField });

/** Who accepts: the signed-in user, or a new person with a name and a password. */
export type Acceptor = { user: Person } | { name: string; password: string };

/**
 * Accepts the invitation of a link, once. An address that has an account accepts only while signed
 * in as that account: a link by itself never opens a session, so that two-step sign-in stays in
 * force.
 */
export async function acceptInvitation(token: string, acceptor: Acceptor): Promise<OpenInvitation> {
  const invitation = await findInvitation(token);
  if (invitation === undefined) throw invalidInvitation();
  await ('user' in acceptor
    ? acceptAs(invitation, acceptor.user)
    : acceptAsNew(invitation, acceptor));
  return invitation;
}

async function acceptAs(invitation: OpenInvitation, user: Person): Promise<void> {
  if (user.email.toLowerCase() !== invitation.email) {
    throw new Problem(
      'forbidden',
      `This invitation is for ${invitation.email}. ` +
        'Sign out and open the link again to accept it with that address.',
    );
  }
  await globalDb().transaction(async (tx) => {
    await claimInvitation(tx, invitation.id);
    await join(tx, invitation, user);
  });
}

/** Makes the person a member, and tells the audit log of the workspace. */
async function join(
  tx: Tx,
  { id, tenant, role }: OpenInvitation,
  user: { id: string; email: string },
): Promise<void> {
  await insertMembership(tx, tenant.id, user.id, role);
  await recordAudit(tx, {
    tenantId: tenant.id,
    action: 'invitation.accepted',
    actor: { kind: 'user', id: user.id, label: user.email },
    target: { type: 'invitation', id, label: user.email },
    after: { role },
  });
}

async function acceptAsNew(
  invitation: OpenInvitation,
  input: { name: string; password: string },
): Promise<void> {
  const { name, password } = parseInput(newAccount, input);
  if (invitation.hasAccount)
    throw new Problem(
      'conflict',
      'There is already an account for this address. Sign in to accept the invitation.',
    );
  await requireStrongPassword('password', password, [
    invitation.email,
    name,
    invitation.tenant.name,
  ]);
  const passwordHash = await hashPassword(password);
  await globalDb().transaction(async (tx) => {
    await claimInvitation(tx, invitation.id);
    const user = await insertUser(tx, { email: invitation.email, name, passwordHash });
    await join(tx, invitation, user);
  });
}

/** Marks the invitation as used. Of two concurrent attempts, only one succeeds. */
async function claimInvitation(tx: Tx, id: string): Promise<void> {
  const rows = await tx
    .update(invitations)
    .set({ status: 'accepted' })
    .where(and(eq(invitations.id, id), whereOpen(new Date())))
    .returning({ id: invitations.id });
  if (rows.length === 0) throw invalidInvitation();
}

function invalidInvitation(): Problem {
  return new Problem(
    'not_found',
    'This invitation has expired, was already used or was withdrawn. Ask for a new one.',
  );
}
