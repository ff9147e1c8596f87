import { and, asc, count, eq, isNull, ne } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { tenants } from '../../schema/tenants.ts';
import { recordAboutUser, recordAudit } from '../audit/record.ts';
import { hasRole, type Access } from './access.ts';
import { emailField, fieldProblem, idField, parseInput, roleField, slugField } from './input.ts';
import { notifyOfRemoval, notifyOfRole } from './notices.ts';
import type { MemberRole } from './roles.ts';
import { invitations, memberships, sessions, users } from '../../schema/identity.ts';
import { findUserByEmail, insertMembership, requireTenant } from './users.ts';

export interface Member {
  userId: string;
  name: string;
  email: string;
  role: string;
  twoFactorEnabled: boolean;
  disabledAt: Date | null;
  joinedAt: Date;
}

/** The members of the workspace, by name. Staff are not members. */
export async function listMembers(access: Access): Promise<Member[]> {
  requireAdmin(access);
  const rows = await globalDb()
    .select({
      userId: users.id,
      name: users.name,
      email: users.email,
      role: memberships.role,
      twoFactorEnabled: users.twoFactorEnabled,
      disabledAt: users.disabledAt,
      joinedAt: memberships.createdAt,
    })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.organizationId, access.tenant.id))
    .orderBy(asc(users.name), asc(users.id));
  return rows.map((row) => ({ ...row, twoFactorEnabled: row.twoFactorEnabled === true }));
}

const additionInput = z.object({ tenantSlug: slugField, email: emailField, role: roleField });

/** Makes an existing account a member. For operators; pages invite instead. */
export async function addMember(input: {
  tenantSlug: string;
  email: string;
  role: string;
}): Promise<void> {
  const { tenantSlug, email, role } = parseInput(additionInput, input);
  const tenant = await requireTenant(tenantSlug, 'tenantSlug');
  const user = await findUserByEmail(email);
  if (user === undefined)
    throw fieldProblem(
      'bad_request',
      'email',
      `There is no account for ${email}. Create it first.`,
    );
  const isNew = await globalDb().transaction(async (tx) => {
    const added = await insertMembership(tx, tenant.id, user.id, role);
    const target = { type: 'account', id: user.id, label: user.email };
    if (added)
      await recordAudit(tx, {
        tenantId: tenant.id,
        action: 'member.added',
        target,
        after: { role },
      });
    return added;
  });
  if (!isNew)
    throw fieldProblem('conflict', 'email', `${email} is already a member of this workspace.`);
}

const roleChange = z.object({ userId: idField, role: roleField });

/** Changes a member's role, except that of the last admin, with effect from the next request. */
export async function changeRole(
  access: Access,
  input: { userId: string; role: string },
): Promise<void> {
  requireAdmin(access);
  const { userId, role } = parseInput(roleChange, input);
  const account = await changeMember(access, userId, async (tx, current) => {
    if (current === 'admin' && role !== 'admin') {
      await requireAnotherAdmin(tx, access.tenant.id, userId);
      await withdrawInvitations(tx, access.tenant.id, userId);
    }
    await tx.update(memberships).set({ role }).where(whereMember(access.tenant.id, userId));
    await recordAboutUser(tx, userId, {
      tenantId: access.tenant.id,
      action: 'member.role_changed',
      before: { role: current },
      after: { role },
    });
  });
  notifyOfRole(account, access.tenant.name, role);
}

/**
 * Ends a membership and withdraws the open invitations that the member sent. The last admin cannot
 * be removed.
 */
export async function removeMember(access: Access, input: { userId: string }): Promise<void> {
  requireAdmin(access);
  const { userId } = parseInput(roleChange.pick({ userId: true }), input);
  const tenantId = access.tenant.id;
  const account = await changeMember(access, userId, async (tx, current) => {
    if (current === 'admin') await requireAnotherAdmin(tx, tenantId, userId);
    await tx.delete(memberships).where(whereMember(tenantId, userId));
    await recordAboutUser(tx, userId, {
      tenantId,
      action: 'member.removed',
      before: { role: current },
    });
    await withdrawInvitations(tx, tenantId, userId);
    await tx
      .update(sessions)
      .set({ activeOrganizationId: null })
      .where(and(eq(sessions.userId, userId), eq(sessions.activeOrganizationId, tenantId)));
  });
  notifyOfRemoval(account, access.tenant.name);
}

type MemberChange = (tx: Tx, currentRole: MemberRole | string) => Promise<void>;

/**
 * Runs a change of one member while no other member of the tenant is being changed. Returns whose
 * account it is.
 */
async function changeMember(
  { tenant }: Access,
  userId: string,
  change: MemberChange,
): Promise<{ id: string; email: string }> {
  return globalDb().transaction(async (tx) => {
    // The lock makes two admins who demote each other at the same moment take turns.
    await tx
      .select({ id: tenants.id })
      .from(tenants)
      .where(eq(tenants.id, tenant.id))
      .for('no key update');
    const [member] = await tx
      .select({ role: memberships.role, email: users.email })
      .from(memberships)
      .innerJoin(users, eq(users.id, memberships.userId))
      .where(whereMember(tenant.id, userId));
    if (member === undefined) throw new Problem('not_found', 'This person is no longer a member.');
    await change(tx, member.role);
    return { id: userId, email: member.email };
  });
}

const whereMember = (tenantId: string, userId: string) =>
  and(eq(memberships.organizationId, tenantId), eq(memberships.userId, userId));

/** A disabled admin cannot take the place of another. */
async function requireAnotherAdmin(tx: Tx, tenantId: string, userId: string): Promise<void> {
  const [row] = await tx
    .select({ admins: count() })
    .from(memberships)
    .innerJoin(users, and(eq(users.id, memberships.userId), isNull(users.disabledAt)))
    .where(
      and(
        eq(memberships.organizationId, tenantId),
        eq(memberships.role, 'admin'),
        ne(memberships.userId, userId),
      ),
    );
  if ((row?.admins ?? 0) < 1)
    throw new Problem(
      'conflict',
      'This is the last admin of the workspace. Make another member an admin first.',
    );
}

async function withdrawInvitations(tx: Tx, tenantId: string, userId: string): Promise<void> {
  await tx
    .update(invitations)
    .set({ status: 'canceled' })
    .where(
      and(
        eq(invitations.organizationId, tenantId),
        eq(invitations.inviterId, userId),
        eq(invitations.status, 'pending'),
      ),
    );
}

function requireAdmin(access: Access): void {
  if (!hasRole(access, 'admin'))
    throw new Problem('forbidden', 'Only admins of this workspace can manage its members.');
}
