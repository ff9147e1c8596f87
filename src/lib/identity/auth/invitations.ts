import { and, asc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { requireMail, sendMail } from '../../platform/mail/mailer.ts';
import { invitationMail } from '../../platform/mail/templates.ts';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId, newId } from '../../platform/id.ts';
import { recordAudit } from '../audit/record.ts';
import { hasRole, type Access } from './access.ts';
import { emailField, fieldProblem, parseInput, roleField } from './input.ts';
import { createInvitationToken } from './invitation-token.ts';
import { consumeLimit, invitesByTenant } from './limits.ts';
import { publicUrl } from './public-url.ts';
import { invitations, memberships, users } from '../../schema/identity.ts';

export type Invitation = typeof invitations.$inferSelect;

const lifetimeDays = 7;
const invitationInput = z.object({ email: emailField, role: roleField });

/**
 * Invites a person to the workspace by mail. Inviting the same address again sends a new link and
 * invalidates the old one.
 */
export async function inviteUser(
  access: Access,
  input: { email: string; role: string },
): Promise<Invitation> {
  requireAdmin(access);
  const { email, role } = parseInput(invitationInput, input);
  requireMail();
  await consumeLimit(
    invitesByTenant,
    access.tenant.id,
    'This workspace has sent too many invitations.',
  );
  await assertNotMember(access.tenant.id, email);
  const invitation = await storeInvitation(access, email, role);
  await sendInvitation(access, invitation);
  return invitation;
}

/** Sends a new link with a new expiry date. */
export async function resendInvitation(access: Access, invitationId: string): Promise<void> {
  requireAdmin(access);
  const invitation = await findPendingInvitation(access, invitationId);
  await inviteUser(access, { email: invitation.email, role: invitation.role ?? 'viewer' });
}

export async function revokeInvitation(access: Access, invitationId: string): Promise<void> {
  requireAdmin(access);
  const { id } = await findPendingInvitation(access, invitationId);
  await globalDb().transaction(async (tx) => {
    const [withdrawn] = await tx
      .update(invitations)
      .set({ status: 'canceled' })
      .where(and(eq(invitations.id, id), eq(invitations.status, 'pending')))
      .returning();
    if (withdrawn !== undefined) await recordInvitation(tx, 'invitation.withdrawn', withdrawn);
  });
}

/** Pending invitations, including expired ones, ordered by address. */
export async function listInvitations(access: Access): Promise<Invitation[]> {
  requireAdmin(access);
  return globalDb()
    .select()
    .from(invitations)
    .where(and(eq(invitations.organizationId, access.tenant.id), eq(invitations.status, 'pending')))
    .orderBy(asc(invitations.email));
}

/** The link of an invitation. Only for its recipient. */
function invitationUrl(invitation: Invitation): string {
  return publicUrl(`/invitations/${createInvitationToken(invitation)}`);
}

async function storeInvitation(access: Access, email: string, role: string): Promise<Invitation> {
  const tenantId = access.tenant.id;
  return globalDb().transaction(async (tx) => {
    const samePending = and(
      eq(invitations.organizationId, tenantId),
      eq(invitations.email, email),
      eq(invitations.status, 'pending'),
    );
    await tx.update(invitations).set({ status: 'canceled' }).where(samePending);
    const expiresAt = new Date(Date.now() + lifetimeDays * 24 * 60 * 60 * 1000);
    const values = {
      id: newId(),
      organizationId: tenantId,
      email,
      role,
      status: 'pending',
      expiresAt,
      inviterId: access.user.id,
    };
    const [invitation] = await tx.insert(invitations).values(values).returning();
    if (invitation === undefined) throw new Error('The invitation was not stored');
    await recordInvitation(tx, 'invitation.sent', invitation);
    return invitation;
  });
}

function recordInvitation(
  tx: Tx,
  action: 'invitation.sent' | 'invitation.withdrawn',
  { id, organizationId, email, role }: Invitation,
): Promise<void> {
  const target = { type: 'invitation', id, label: email };
  return recordAudit(tx, { tenantId: organizationId, action, target, after: { role } });
}

function sendInvitation({ tenant, user }: Access, invitation: Invitation): Promise<void> {
  const facts = {
    workspace: tenant.name,
    inviter: user.name,
    role: invitation.role ?? 'viewer',
    days: lifetimeDays,
  };
  return sendMail(invitation.email, invitationMail(invitationUrl(invitation), facts));
}

async function findPendingInvitation({ tenant }: Access, id: string): Promise<Invitation> {
  const ownPending = and(
    eq(invitations.id, id),
    eq(invitations.organizationId, tenant.id),
    eq(invitations.status, 'pending'),
  );
  const [invitation] = isId(id)
    ? await globalDb().select().from(invitations).where(ownPending)
    : [];
  if (invitation === undefined)
    throw new Problem('not_found', 'This invitation was already accepted or withdrawn.');
  return invitation;
}

async function assertNotMember(tenantId: string, email: string): Promise<void> {
  const [member] = await globalDb()
    .select({ id: memberships.id })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.organizationId, tenantId), eq(users.email, email)));
  if (member !== undefined)
    throw fieldProblem('conflict', 'email', `${email} is already a member of this workspace.`);
}

function requireAdmin(access: Access): void {
  if (!hasRole(access, 'admin'))
    throw new Problem('forbidden', 'Only admins of this workspace can invite people.');
}

/** Condition: pending and not expired. */
export const whereOpen = (now: Date) =>
  and(eq(invitations.status, 'pending'), gt(invitations.expiresAt, now));
