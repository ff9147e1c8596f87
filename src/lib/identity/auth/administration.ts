import { and, eq, inArray, isNull, ne } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { tenants } from '../../schema/tenants.ts';
import {
  invitations,
  memberships,
  sessions,
  twoFactors,
  users,
  verifications,
} from '../../schema/identity.ts';
import { recordAccountAudit } from '../audit/record.ts';
import { notifyOwner } from './notices.ts';
import type { User } from './users.ts';

/*
 * What operators and staff do to the accounts of others. The caller has checked that they may. Each
 * function throws Problem `not_found` for an account that does not exist, and `forbidden` for the
 * account of the person who acts: what changes one's own account takes one's own proofs.
 */

/** Who acts, as an account; null for an operator at the command line. */
export type Administrator = { id: string } | null;

/**
 * Keeps the account, but ends its sessions, its open links and the open invitations that it sent.
 * Nobody can sign in with it until `enableAccount`.
 */
export async function disableAccount(userId: string, by: Administrator): Promise<void> {
  const user = await changeAccount(userId, by, async (tx, account) => {
    if (account.disabledAt !== null)
      throw new Problem('conflict', 'This account is already disabled.');
    await tx.update(users).set({ disabledAt: new Date() }).where(eq(users.id, account.id));
    await endSessionsOf(tx, account.id);
    await tx
      .update(invitations)
      .set({ status: 'canceled' })
      .where(and(eq(invitations.inviterId, account.id), eq(invitations.status, 'pending')));
    await recordAccountAudit(tx, account, { action: 'account.disabled' });
  });
  notifyOwner(user, 'account.disabled');
}

/** Lets people sign in with the account again. */
export async function enableAccount(userId: string, by: Administrator): Promise<void> {
  const user = await changeAccount(userId, by, async (tx, account) => {
    if (account.disabledAt === null) throw new Problem('conflict', 'This account is not disabled.');
    await tx.update(users).set({ disabledAt: null }).where(eq(users.id, account.id));
    await recordAccountAudit(tx, account, { action: 'account.enabled' });
  });
  notifyOwner(user, 'account.enabled');
}

/**
 * Deletes the account with everything that signs it in: password, two-step sign-in, sessions,
 * links, memberships, staff grants and sent invitations. What the person did elsewhere stays, under
 * a name or an id. Throws Problem `conflict` for the last admin of a workspace, unless forced.
 */
export async function deleteAccount(
  userId: string,
  by: Administrator,
  { force = false } = {},
): Promise<void> {
  const user = await changeAccount(userId, by, async (tx, account) => {
    const orphaned = await lockOrphanedWorkspaces(tx, account.id);
    if (orphaned.length > 0 && !force)
      throw new Problem(
        'conflict',
        `${account.email} is the last admin of ${orphaned.join(', ')}. ` +
          'Make somebody else an admin there first.',
      );
    await recordAccountAudit(tx, account, { action: 'account.deleted' });
    await tx.delete(verifications).where(eq(verifications.value, account.id));
    await tx.delete(users).where(eq(users.id, account.id));
  });
  notifyOwner(user, 'account.deleted');
}

/**
 * Removes two-step sign-in and ends all sessions, for somebody who has lost the authenticator app
 * and the backup codes.
 */
export async function resetTwoFactor(userId: string, by: Administrator): Promise<void> {
  notifyOwner(await changeAccount(userId, by, removeTwoFactor), 'two_factor.reset');
}

/** Signs the person out on all devices. */
export async function endSessions(userId: string, by: Administrator): Promise<void> {
  notifyOwner(await changeAccount(userId, by, revokeSessions), 'sessions.ended');
}

/** Does the work of `resetTwoFactor` in a transaction of the caller. */
export async function removeTwoFactor(tx: Tx, account: User): Promise<void> {
  if (account.twoFactorEnabled !== true)
    throw new Problem('conflict', 'This person has not set up two-step sign-in.');
  await tx.update(users).set({ twoFactorEnabled: false }).where(eq(users.id, account.id));
  await tx.delete(twoFactors).where(eq(twoFactors.userId, account.id));
  await endSessionsOf(tx, account.id);
  await recordAccountAudit(tx, account, { action: 'two_factor.reset' });
}

/** Does the work of `endSessions` in a transaction of the caller. */
export async function revokeSessions(tx: Tx, account: User): Promise<void> {
  const ended = await endSessionsOf(tx, account.id);
  await recordAccountAudit(tx, account, {
    action: 'session.ended_by_admin',
    after: { sessions: ended },
  });
}

/** The row of an account, locked until the end of the transaction. */
export async function lockAccount(tx: Tx, userId: string): Promise<User> {
  const [user] = isId(userId)
    ? await tx.select().from(users).where(eq(users.id, userId)).for('update')
    : [];
  if (user === undefined) throw new Problem('not_found', 'There is no such account.');
  return user;
}

async function changeAccount(
  userId: string,
  by: Administrator,
  change: (tx: Tx, account: User) => Promise<void>,
): Promise<User> {
  if (by?.id === userId) throw ownAccount();
  return globalDb().transaction(async (tx) => {
    const account = await lockAccount(tx, userId);
    await change(tx, account);
    return account;
  });
}

export function ownAccount(): Problem {
  return new Problem(
    'forbidden',
    'This is your own account. Use your account page, or ask another person with the same rights.',
  );
}

/** Also ends half-finished sign-ins and links for a new password. Returns how many sessions. */
async function endSessionsOf(tx: Tx, userId: string): Promise<number> {
  await tx.delete(verifications).where(eq(verifications.value, userId));
  const ended = await tx
    .delete(sessions)
    .where(eq(sessions.userId, userId))
    .returning({ id: sessions.id });
  return ended.length;
}

/**
 * The names of the workspaces that have no other admin who can sign in. The tenants are locked, as
 * for every change of members, so that two admins cannot go at the same moment.
 */
async function lockOrphanedWorkspaces(tx: Tx, userId: string): Promise<string[]> {
  const adminOf = tx
    .select({ id: memberships.organizationId })
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.role, 'admin')));
  const led = await tx
    .select({ id: tenants.id, name: tenants.name })
    .from(tenants)
    .where(and(inArray(tenants.id, adminOf), isNull(tenants.archivedAt)))
    .orderBy(tenants.id)
    .for('no key update');
  if (led.length === 0) return [];
  const others = await tx
    .selectDistinct({ id: memberships.organizationId })
    .from(memberships)
    .innerJoin(users, and(eq(users.id, memberships.userId), isNull(users.disabledAt)))
    .where(
      and(
        inArray(
          memberships.organizationId,
          led.map(({ id }) => id),
        ),
        eq(memberships.role, 'admin'),
        ne(memberships.userId, userId),
      ),
    );
  const kept = new Set(others.map(({ id }) => id));
  return led.filter(({ id }) => !kept.has(id)).map(({ name }) => name);
}
