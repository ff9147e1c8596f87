import { and, eq, ne, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import type { Tx } from '../platform/db/pool.ts';
import { whereConnection } from './lease.ts';
import { syncRuns } from '../schema/sync.ts';

/**
 * Requests a sync of a connection before its regular time, in the caller's transaction. True when
 * the caller has to queue a job for it after the transaction (`enqueueSync`). False when none is
 * needed: a running sync is followed by another one, a connection that waits for its source is due
 * later by itself, and one that is paused or has to be reconnected is left alone.
 */
export async function requestSync(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<boolean> {
  const own = whereConnection({ tenantId, connectionId });
  const isWaiting = sql<boolean>`(${connections.waitingFor} is not null
    and coalesce(${connections.dueAt} > now(), false))`;
  // This locks the connection until the transaction ends, so a run that is finishing either sees
  // the new wake count or has ended before the query for running syncs below.
  const [updated] = await tx
    .update(connections)
    .set({ wakes: sql`${connections.wakes} + 1` })
    .where(and(own, eq(connections.status, 'active')))
    .returning({ waits: isWaiting });
  if (updated === undefined || updated.waits) return false;
  const leased = and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.connectionId, connectionId),
    eq(syncRuns.status, 'running'),
    sql`${syncRuns.leaseUntil} > now()`,
  );
  const running = await tx
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(and(leased, ne(syncRuns.trigger, 'replay')))
    .limit(1);
  if (running.length > 0) return false;
  await tx
    .update(connections)
    .set({ dueAt: sql`now()` })
    .where(own);
  return true;
}
