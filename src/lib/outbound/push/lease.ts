import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm';
import type { ConnectionKey } from '../../connections/session.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { config } from '../../platform/config.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { FencedError, leaseExpiry, whereLeaseFree, whileLeased } from '../../platform/lease.ts';
import { pushes } from '../../schema/pushes.ts';
import type { AuditEvent } from '../audit-log.ts';
import { storePushEvents, toPushEvents } from './events.ts';

/** A push that this worker has claimed (`claimPush`). */
export type LeasedPush = typeof pushes.$inferSelect & {
  /**
   * When it was requested, as the database keeps it, to the microsecond: a later time means that it
   * was requested again.
   */
  requestedText: string;
};

/**
 * Claims the push that has been due for longest; undefined when none is due. Workers that claim at
 * the same time get different pushes.
 */
export function claimPush(key: ConnectionKey): Promise<LeasedPush | undefined> {
  return retryInTenant(key.tenantId, async (tx) => {
    const [next] = await tx
      .select({ id: pushes.id })
      .from(pushes)
      .where(whereDue(key))
      .orderBy(asc(pushes.dueAt), asc(pushes.id))
      .limit(1)
      .for('update', { skipLocked: true });
    if (next === undefined) return undefined;
    const [push] = await tx
      .update(pushes)
      .set({
        lease: sql`${pushes.lease} + 1`,
        leaseUntil: pushLeaseEnd(),
        dueAt: pushLeaseEnd(),
        lastAttemptAt: sql`now()`,
      })
      .where(and(eq(pushes.tenantId, key.tenantId), eq(pushes.id, next.id)))
      .returning();
    if (push === undefined) return undefined;
    return { ...push, requestedText: (await lockRequestedAt(tx, push)) ?? '' };
  });
}

/** The pushes of a connection that are due now and that no worker holds. */
export const whereDue = ({ tenantId, connectionId }: ConnectionKey) =>
  and(
    eq(pushes.tenantId, tenantId),
    eq(pushes.connectionId, connectionId),
    isNotNull(pushes.dueAt),
    lte(pushes.dueAt, sql`now()`),
    whereLeaseFree(pushes.leaseUntil),
  );

/** Renews the lease for as long as `work` goes on; see `whileLeased`. */
export function whilePushHeld<T>(push: LeasedPush, work: () => Promise<T>): Promise<T> {
  const seconds = config().SYNC_LEASE_SECONDS;
  // The signal is not needed: the audit log renews the lease before each write, which throws
  // FencedError when the lease was lost.
  return whileLeased({ seconds, renew: () => renewLease(push, []) }, work);
}

/**
 * Stores events and what the push has created so far, and renews the lease. Throws FencedError when
 * another worker has the push.
 */
export function renewLease(
  push: LeasedPush,
  events: readonly AuditEvent[],
  made: Partial<Pick<LeasedPush, 'remoteIds' | 'made' | 'remoteId'>> = {},
): Promise<void> {
  return retryInTenant(push.tenantId, async (tx) => {
    const rows = await tx
      .update(pushes)
      .set({ leaseUntil: pushLeaseEnd(), dueAt: pushLeaseEnd(), ...made })
      .where(whereLeased(push))
      .returning({ id: pushes.id });
    if (rows.length === 0) throw new FencedError();
    await storePushEvents(tx, toPushEvents(push, events));
  });
}

/**
 * Locks a push that this worker holds and returns when it was requested last, to the microsecond;
 * undefined when another worker holds it.
 */
export async function lockRequestedAt(tx: Tx, push: LeaseKey): Promise<string | undefined> {
  const [row] = await tx
    .select({ text: sql<string>`${pushes.requestedAt}::text` })
    .from(pushes)
    .where(whereLeased(push))
    .for('update');
  return row?.text;
}

type LeaseKey = Pick<LeasedPush, 'tenantId' | 'id' | 'lease'>;

export const whereLeased = ({ tenantId, id, lease }: LeaseKey) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.id, id), eq(pushes.lease, lease));

const pushLeaseEnd = () => leaseExpiry(config().SYNC_LEASE_SECONDS);
