import { and, eq, sql } from 'drizzle-orm';
import { retryInTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { config } from '../platform/config.ts';
import type { Tx } from '../platform/db/pool.ts';
import { FencedError, leaseExpiry, whileLeased } from '../platform/lease.ts';
import { connections } from '../schema/connections.ts';
import { syncRuns } from '../schema/sync.ts';
import type { SyncRequest } from './types.ts';

/**
 * A run that this worker has claimed (`claimRun`). `lease` is its fencing token: every write of the
 * run checks it.
 */
export interface LeasedRun {
  runId: string;
  lease: number;
  startedAt: Date;
}

/** Which connection a run belongs to. */
type ConnectionRef = Pick<SyncRequest, 'tenantId' | 'connectionId'>;

/** When a lease that is taken or renewed now expires. */
export const runLeaseEnd = () => leaseExpiry(config().SYNC_LEASE_SECONDS);

/** Renews the lease for as long as `work` goes on; see `whileLeased`. */
export function whileRunHeld<T>(
  request: ConnectionRef & Pick<SyncRequest, 'trigger'>,
  run: LeasedRun,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const seconds = config().SYNC_LEASE_SECONDS;
  return whileLeased({ seconds, renew: () => renewLease(request, run) }, work);
}

/**
 * Moves the end of the lease, and with it the time at which the connection is due: if the worker
 * dies, the connection becomes due when the lease expires. Throws FencedError when another worker
 * has the run.
 */
async function renewLease(
  request: ConnectionRef & Pick<SyncRequest, 'trigger'>,
  run: LeasedRun,
): Promise<void> {
  await withTenant(request.tenantId, async (tx) => {
    if (request.trigger !== 'replay')
      await tx.update(connections).set({ dueAt: runLeaseEnd() }).where(whereConnection(request));
    await updateLeasedRun(tx, request.tenantId, run, { leaseUntil: runLeaseEnd() });
  });
}

/**
 * Releases a sync at a checkpoint, so that any worker can resume it. Returns when it is due: now,
 * by the clock of the database.
 */
export function releaseRun(request: ConnectionRef, run: LeasedRun): Promise<Date> {
  return retryInTenant(request.tenantId, async (tx) => {
    const [due] = await tx
      .update(connections)
      .set({ dueAt: sql`now()` })
      .where(whereConnection(request))
      .returning({ at: connections.dueAt });
    await updateLeasedRun(tx, request.tenantId, run, { leaseUntil: null });
    return due?.at ?? new Date();
  });
}

/** For how long a released replay keeps a sync of its connection from starting, in seconds. */
const replayWaitSeconds = 600;

/**
 * Releases a replay for its own next slice only: until that starts, or the wait is over, no sync of
 * the connection begins. The schedule of the connection does not change.
 */
export function releaseReplay(tenantId: string, run: LeasedRun): Promise<void> {
  return retryInTenant(tenantId, (tx) =>
    updateLeasedRun(tx, tenantId, run, { leaseUntil: leaseExpiry(replayWaitSeconds) }),
  );
}

/** What the row of a run says once the run has ended. */
export interface RunEnd {
  status: 'success' | 'partial' | 'failed';
  finishedAt: Date;
  recordsUpdated: number;
  errorMessage: string | null;
  errorKind: string | null;
}

/**
 * Writes the end of a run and gives up its lease. Repeating the same end does nothing, because the
 * commit may have gone through although the database reported that it failed. Throws FencedError
 * when another worker has the run.
 */
export async function endRun(tx: Tx, tenantId: string, run: LeasedRun, end: RunEnd): Promise<void> {
  const ended = await tx
    .update(syncRuns)
    .set({ ...end, leaseUntil: null })
    .where(whereLeased(tenantId, run))
    .returning({ id: syncRuns.id });
  if (ended.length === 0 && !(await hasEnded(tx, tenantId, run, end.finishedAt)))
    throw new FencedError();
}

async function hasEnded(
  tx: Tx,
  tenantId: string,
  { runId, lease }: LeasedRun,
  finishedAt: Date,
): Promise<boolean> {
  const sameEnd = and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.id, runId),
    eq(syncRuns.lease, lease),
    eq(syncRuns.finishedAt, finishedAt),
  );
  return (await tx.select({ id: syncRuns.id }).from(syncRuns).where(sameEnd)).length > 0;
}

/**
 * Locks the run until the transaction ends. Throws FencedError when another worker has it.
 */
export async function assertLease(
  tx: Tx,
  tenantId: string,
  run: Pick<LeasedRun, 'runId' | 'lease'>,
): Promise<void> {
  const rows = await tx
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(whereLeased(tenantId, run))
    .for('update');
  if (rows.length === 0) throw new FencedError();
}

async function updateLeasedRun(
  tx: Tx,
  tenantId: string,
  run: LeasedRun,
  columns: { leaseUntil: ReturnType<typeof leaseExpiry> | null },
): Promise<void> {
  const rows = await tx
    .update(syncRuns)
    .set(columns)
    .where(whereLeased(tenantId, run))
    .returning({ id: syncRuns.id });
  if (rows.length === 0) throw new FencedError();
}

const whereLeased = (tenantId: string, { runId, lease }: Pick<LeasedRun, 'runId' | 'lease'>) =>
  and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.id, runId),
    eq(syncRuns.status, 'running'),
    eq(syncRuns.lease, lease),
  );

export const whereConnection = ({ tenantId, connectionId }: ConnectionRef) =>
  and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
