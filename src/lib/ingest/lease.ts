import { and, eq, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { recordFailedJob } from '../jobs/failed/store.ts';
import { config } from '../platform/config.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { newId } from '../platform/id.ts';
import { FencedError, leaseExpiry, whileLeased } from '../platform/lease.ts';
import { retryInTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { closeOpenCounters } from './counters.ts';
import { syncRuns } from '../schema/sync.ts';
import type { SyncRequest } from './types.ts';

/**
 * A run in the hands of this worker. The lease is its fencing token: every write of the run checks
 * it.
 */
export interface LeasedRun {
  runId: string;
  lease: number;
  startedAt: Date;
}

/** A run that lost so many workers most likely ends them itself. */
const maxLosses = 3;

const runLeaseEnd = () => leaseExpiry(config().SYNC_LEASE_SECONDS);

/**
 * Takes up the connection's run: one that was put down between two slices or lost its worker goes
 * on, else a new one begins. A run in other hands is a Problem (conflict); one that lost three
 * workers is set aside (also a conflict). Syncs and replays do not go on with each other's: an
 * unfinished run of the other kind that nobody holds ends here.
 */
export async function claimRun(request: SyncRequest): Promise<LeasedRun> {
  const claimed = await withTenant(request.tenantId, async (tx) => {
    await lockConnection(tx, request);
    const [found] = await tx
      .select({
        ...leaseColumns,
        isHeld: sql<boolean>`coalesce(lease_until > now(), false)`,
        isLost: sql<boolean>`coalesce(lease_until <= now(), false)`,
        losses: syncRuns.losses,
        trigger: syncRuns.trigger,
      })
      .from(syncRuns)
      .where(whereRunning(request));
    if (found?.isHeld === true && !isHandedOver(request, found))
      return found.trigger === 'replay'
        ? 'replaying'
        : forwardAcceptDeletions(tx, request, found.runId);
    const running =
      found === undefined || canResume(request, found)
        ? found
        : await failUnfinishedRun(tx, request, found);
    const losses = (running?.losses ?? 0) + (running?.isLost === true ? 1 : 0);
    if (running !== undefined && losses >= maxLosses)
      return deadLetterRun(tx, request, running.runId, losses);
    const run =
      running === undefined
        ? await insertRun(tx, request)
        : await resumeRun(tx, request, running.runId, losses);
    if (request.trigger !== 'replay')
      await tx
        .update(connections)
        .set({ dueAt: runLeaseEnd(), waitingFor: null })
        .where(whereConnection(request));
    return run;
  });
  if (claimed === 'busy' || claimed === 'replaying')
    throw new Problem(
      'conflict',
      `A ${claimed === 'busy' ? 'sync' : 'replay'} of this connection is already under way. Wait until it has ended.`,
    );
  if (claimed === 'set aside')
    throw new Problem(
      'conflict',
      `This sync ended its worker ${maxLosses} times and was set aside. Retry it from the list of what was set aside.`,
    );
  return claimed;
}

const leaseColumns = { runId: syncRuns.id, lease: syncRuns.lease, startedAt: syncRuns.startedAt };

type UnfinishedRun = Pick<LeasedRun, 'runId' | 'lease'> & Pick<SyncRequest, 'trigger'>;

const isHandedOver = ({ handedOver }: SyncRequest, run: UnfinishedRun) =>
  run.trigger === 'replay' && handedOver?.runId === run.runId && handedOver.lease === run.lease;

/**
 * A sync goes on with any unfinished sync; a replay, which costs nothing to begin anew, only with
 * its own slice before.
 */
function canResume(request: SyncRequest, run: UnfinishedRun): boolean {
  return request.trigger === 'replay' ? isHandedOver(request, run) : run.trigger !== 'replay';
}

/** Ends a run that nobody holds. Its stored pages stay, and the pass goes on in the next sync. */
async function failUnfinishedRun(
  tx: Tx,
  { tenantId }: SyncRequest,
  { runId, trigger }: UnfinishedRun,
): Promise<undefined> {
  const message =
    trigger === 'replay'
      ? 'This replay was not finished. Run it again: what it did stays.'
      : 'This sync was not finished when a replay began. The next one goes on from its last page.';
  const end = {
    status: 'failed' as const,
    finishedAt: sql`now()`,
    errorKind: 'interrupted',
    errorMessage: message,
  };
  await tx
    .update(syncRuns)
    .set({ ...end, leaseUntil: null })
    .where(and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.id, runId)));
  await closeOpenCounters(tx, tenantId, runId, end);
}

async function lockConnection(tx: Tx, request: SyncRequest): Promise<void> {
  const rows = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(whereConnection(request))
    .for('update');
  if (rows.length === 0)
    throw new Problem('not_found', 'There is no such connection in this workspace.');
}

async function insertRun(tx: Tx, request: SyncRequest): Promise<LeasedRun> {
  const { tenantId, connectionId, trigger } = request;
  const values = {
    tenantId,
    connectionId,
    trigger,
    id: newId(),
    requestedBy: request.requestedBy ?? null,
    startedAt: new Date(),
    acceptDeletions: request.acceptDeletions === true,
  };
  const wakes = sql`(select ${connections.wakes} from ${connections} where ${whereConnection(request)})`;
  await tx.insert(syncRuns).values({ ...values, wakes, lease: 1, leaseUntil: runLeaseEnd() });
  return { runId: values.id, lease: 1, startedAt: values.startedAt };
}

async function resumeRun(
  tx: Tx,
  request: SyncRequest,
  runId: string,
  losses: number,
): Promise<LeasedRun> {
  const accept = request.acceptDeletions === true ? { acceptDeletions: true } : {};
  const [run] = await tx
    .update(syncRuns)
    .set({ lease: sql`${syncRuns.lease} + 1`, leaseUntil: runLeaseEnd(), losses, ...accept })
    .where(and(eq(syncRuns.tenantId, request.tenantId), eq(syncRuns.id, runId)))
    .returning(leaseColumns);
  if (run === undefined) throw new FencedError();
  return run;
}

/** The run under way is not ours, but what a person has confirmed holds for it too. */
async function forwardAcceptDeletions(
  tx: Tx,
  request: SyncRequest,
  runId: string,
): Promise<'busy'> {
  if (request.acceptDeletions === true)
    await tx
      .update(syncRuns)
      .set({ acceptDeletions: true })
      .where(and(eq(syncRuns.tenantId, request.tenantId), eq(syncRuns.id, runId)));
  return 'busy';
}

/** Gives the run up, and with it the connection's schedule, until a person retries it. */
async function deadLetterRun(
  tx: Tx,
  request: SyncRequest,
  runId: string,
  losses: number,
): Promise<'set aside'> {
  const { tenantId, connectionId } = request;
  const message = `The worker that ran this sync stopped ${losses} times in the middle of it.`;
  const lost = {
    status: 'failed' as const,
    finishedAt: sql`now()`,
    errorKind: 'worker_lost',
    errorMessage: message,
  };
  await tx
    .update(syncRuns)
    .set({ ...lost, leaseUntil: null, losses })
    .where(and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.id, runId)));
  await closeOpenCounters(tx, tenantId, runId, lost);
  const payload = { tenantId, connectionId, trigger: 'manual' as const, requestedBy: null };
  await recordFailedJob(tx, {
    tenantId,
    job: 'sync-connection',
    subject: connectionId,
    connectionId,
    payload,
    kind: 'worker_lost',
    reason: message,
    attempts: losses,
  });
  return 'set aside';
}

/** Keeps the run in this worker's hands while `work` goes on; see `whileLeased`. */
export function whileRunHeld<T>(
  request: Pick<SyncRequest, 'tenantId' | 'connectionId' | 'trigger'>,
  run: LeasedRun,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const seconds = config().SYNC_LEASE_SECONDS;
  return whileLeased({ seconds, renew: () => renewLease(request, run) }, work);
}

/**
 * Renews the lease, on the run and on the due-table alike: a run whose worker dies is due again
 * when it ends. Throws FencedError when it is not ours any more.
 */
async function renewLease(
  request: Pick<SyncRequest, 'tenantId' | 'connectionId' | 'trigger'>,
  run: LeasedRun,
): Promise<void> {
  await withTenant(request.tenantId, async (tx) => {
    if (request.trigger !== 'replay')
      await tx.update(connections).set({ dueAt: runLeaseEnd() }).where(whereConnection(request));
    const rows = await tx
      .update(syncRuns)
      .set({ leaseUntil: runLeaseEnd() })
      .where(whereLeased(request.tenantId, run))
      .returning({ id: syncRuns.id });
    if (rows.length === 0) throw new FencedError();
  });
}

/**
 * Puts the run down at a checkpoint: whoever comes first goes on with it. The answer is when it is
 * due: now, by the clock of the database.
 */
export function releaseRun(
  request: Pick<SyncRequest, 'tenantId' | 'connectionId'>,
  run: LeasedRun,
): Promise<Date> {
  return retryInTenant(request.tenantId, async (tx) => {
    const [due] = await tx
      .update(connections)
      .set({ dueAt: sql`now()` })
      .where(whereConnection(request))
      .returning({ at: connections.dueAt });
    const rows = await tx
      .update(syncRuns)
      .set({ leaseUntil: null })
      .where(whereLeased(request.tenantId, run))
      .returning({ id: syncRuns.id });
    if (rows.length === 0) throw new FencedError();
    return due?.at ?? new Date();
  });
}

/**
 * How long a replay that was put down waits for its next slice, before a sync may take its place.
 */
const replayWaitSeconds = 600;

/**
 * Puts a replay down for its own next slice only: until that comes, no sync of the connection
 * begins. The schedule stays as it is.
 */
export function releaseReplay(tenantId: string, run: LeasedRun): Promise<void> {
  return retryInTenant(tenantId, async (tx) => {
    const rows = await tx
      .update(syncRuns)
      .set({ leaseUntil: leaseExpiry(replayWaitSeconds) })
      .where(whereLeased(tenantId, run))
      .returning({ id: syncRuns.id });
    if (rows.length === 0) throw new FencedError();
  });
}

/** Locks the run for this transaction and makes sure that it is still ours. */
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

export function whereLeased(
  tenantId: string,
  { runId, lease }: Pick<LeasedRun, 'runId' | 'lease'>,
) {
  return and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.id, runId),
    eq(syncRuns.status, 'running'),
    eq(syncRuns.lease, lease),
  );
}

export const whereConnection = ({
  tenantId,
  connectionId,
}: Pick<SyncRequest, 'tenantId' | 'connectionId'>) =>
  and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));

function whereRunning({ tenantId, connectionId }: SyncRequest) {
  return and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.connectionId, connectionId),
    eq(syncRuns.status, 'running'),
  );
}
