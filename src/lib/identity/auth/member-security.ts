import { and, eq, ne } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { memberships, staffGrants } from '../../schema/identity.ts';
import { hasRole, type Access } from './access.ts';
import { confirmPassword } from './account.ts';
import { lockAccount, ownAccount, removeTwoFactor, revokeSessions } from './administration.ts';
import { idField, parseInput } from './input.ts';
import { notifyOwner } from './notices.ts';
import type { User } from './users.ts';

const input = z.object({ userId: idField });

/** What an admin submits: the member, and the admin's own password. */
export interface MemberChange {
  userId: string;
  password: string;
}

/** Signs a member out on all devices. Throws as `changeMemberAccount` does. */
export async function endMemberSessions(access: Access, change: MemberChange): Promise<void> {
  notifyOwner(await changeMemberAccount(access, change, revokeSessions), 'sessions.ended');
}

/** Removes a member's two-step sign-in. Throws as `changeMemberAccount` does. */
export async function resetMemberTwoFactor(access: Access, change: MemberChange): Promise<void> {
  notifyOwner(await changeMemberAccount(access, change, removeTwoFactor), 'two_factor.reset');
}

/**
 * Changes the account of a member after checking the admin's password. An account that is also used
 * outside the workspace is not the admin's to change: without its second factor, whoever knows the
 * password would get into the other workspaces. Throws Problem `forbidden` for such an account and
 * for the admin's own, `not_found` for anybody who is no member.
 */
async function changeMemberAccount(
  access: Access,
  change: MemberChange,
  work: (tx: Tx, account: User) => Promise<void>,
): Promise<User> {
  if (!hasRole(access, 'admin'))
    throw new Problem('forbidden', 'Only admins of this workspace can manage its members.');
  const { userId } = parseInput(input, change);
  if (userId === access.user.id) throw ownAccount();
  await confirmPassword(access.user.id, change.password);
  return globalDb().transaction(async (tx) => {
    await requireMember(tx, access.tenant.id, userId);
    // The lock keeps another workspace from adding the account meanwhile.
    const account = await lockAccount(tx, userId);
    await requireOnlyHere(tx, access.tenant.id, account);
    await work(tx, account);
    return account;
  });
}

async function requireMember(tx: Tx, tenantId: string, userId: string): Promise<void> {
  const rows = await tx
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.organizationId, tenantId), eq(memberships.userId, userId)));
  if (rows.length === 0) throw new Problem('not_found', 'This person is no longer a member.');
}

async function requireOnlyHere(tx: Tx, tenantId: string, { id, email }: User): Promise<void> {
  const elsewhere = await tx
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.userId, id), ne(memberships.organizationId, tenantId)))
    .limit(1);
  const grants = await tx
    .select({ id: staffGrants.id })
    .from(staffGrants)
    .where(eq(staffGrants.userId, id))
    .limit(1);
  if (elsewhere.length + grants.length > 0)
    throw new Problem(
      'forbidden',
      `The account ${email} is also used outside this workspace, so its admins cannot change how ` +
        'it signs in. Ask the agency that runs Tributary for you.',
    );
}
