import { and, eq, ne, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import type { Tx } from '../platform/db/pool.ts';
import { whereConnection } from './lease.ts';
import { syncRuns } from '../schema/sync.ts';

/**
 * Asks for a pass over a connection before its time, in the caller's transaction. True when a job
 * has to be queued for it (`wake`), after the transaction. False when none is needed: a run under
 * way is followed by another one, a connection that waits for its source comes by itself, and one
 * that is paused or refused stays as it is.
 */
export async function requestSync(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<boolean> {
  const own = whereConnection({ tenantId, connectionId });
  const isWaiting = sql<boolean>`(${connections.waitingFor} is not null and coalesce(${connections.dueAt} > now(), false))`;
  // Locks the connection until the end: a run that ends meanwhile sees the wake, or is seen to have
  // ended.
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
