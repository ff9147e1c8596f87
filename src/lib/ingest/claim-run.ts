import { and, eq, sql } from 'drizzle-orm';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { recordFailedJob } from '../jobs/failed/store.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { newId } from '../platform/id.ts';
import { FencedError } from '../platform/lease.ts';
import { withLogFields } from '../platform/log.ts';
import { withSpan } from '../platform/tracing.ts';
import { connections } from '../schema/connections.ts';
import { syncRuns } from '../schema/sync.ts';
import { closeOpenCounters } from './counters.ts';
import { runLeaseEnd, whereConnection, whileRunHeld, type LeasedRun } from './lease.ts';
import type { SyncRequest } from './types.ts';

/**
 * Claims the connection's run and holds it while `work` goes on. The signal is aborted when another
 * worker has taken over the run. Log lines and spans in between name the run. Throws what
 * `claimRun` throws.
 */
export async function withClaimedRun<T>(
  request: SyncRequest,
  span: string,
  work: (run: LeasedRun, lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const run = await claimRun(request);
  const { tenantId, connectionId } = request;
  const fields = { runId: run.runId, tenantId, connectionId };
  return withLogFields(fields, () =>
    withSpan(span, fields, () => whileRunHeld(request, run, (lost) => work(run, lost))),
  );
}

/** A run that lost this many workers most likely ends them itself. */
const maxLosses = 3;

/**
 * Claims the connection's run: resumes one that was released between two slices or lost its worker,
 * else begins a new one. A run that another worker holds is a Problem (conflict); one that lost
 * three workers becomes a failed job (also a conflict). Syncs and replays do not resume each other:
 * an unfinished run of the other kind that nobody holds ends here. A worker that stopped in the
 * middle of a transaction keeps its locks until the database ends it, so the claim is repeated.
 */
export async function claimRun(request: SyncRequest): Promise<LeasedRun> {
  const claimed = await retryInTenant(request.tenantId, (tx) => tryClaim(tx, request));
  if (claimed === 'syncing' || claimed === 'replaying')
    throw new Problem(
      'conflict',
      claimed === 'syncing'
        ? 'A sync of this connection is already under way. Wait until it has ended.'
        : 'A rebuild of this connection from stored data is already under way. Wait until it ' +
            'has ended.',
    );
  if (claimed === 'given up')
    throw new Problem(
      'conflict',
      `This sync was given up because its worker stopped ${maxLosses} times in the middle of ` +
        'it. Retry it from the list of failed jobs.',
    );
  return claimed;
}

async function tryClaim(
  tx: Tx,
  request: SyncRequest,
): Promise<LeasedRun | 'syncing' | 'replaying' | 'given up'> {
  await lockConnection(tx, request);
  const found = await findUnfinishedRun(tx, request);
  if (found?.isHeld === true && !isHandedOver(request, found)) {
    if (found.trigger === 'replay') return 'replaying';
    await forwardAcceptDeletions(tx, request, found.runId);
    return 'syncing';
  }
  if (found !== undefined && !canResume(request, found))
    await failUnfinishedRun(tx, request, found);
  const running = found !== undefined && canResume(request, found) ? found : undefined;
  const losses = (running?.losses ?? 0) + (running?.isLost === true ? 1 : 0);
  if (running !== undefined && losses >= maxLosses) {
    await deadLetterRun(tx, request, running.runId, losses);
    return 'given up';
  }
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

const leaseColumns = { runId: syncRuns.id, lease: syncRuns.lease, startedAt: syncRuns.startedAt };

type UnfinishedRun = Pick<LeasedRun, 'runId' | 'lease'> & Pick<SyncRequest, 'trigger'>;

async function findUnfinishedRun(tx: Tx, { tenantId, connectionId }: SyncRequest) {
  const [found] = await tx
    .select({
      ...leaseColumns,
      isHeld: sql<boolean>`coalesce(lease_until > now(), false)`,
      isLost: sql<boolean>`coalesce(lease_until <= now(), false)`,
      losses: syncRuns.losses,
      trigger: syncRuns.trigger,
    })
    .from(syncRuns)
    .where(
      and(
        eq(syncRuns.tenantId, tenantId),
        eq(syncRuns.connectionId, connectionId),
        eq(syncRuns.status, 'running'),
      ),
    );
  return found;
}

const isHandedOver = ({ handedOver }: SyncRequest, run: UnfinishedRun) =>
  run.trigger === 'replay' && handedOver?.runId === run.runId && handedOver.lease === run.lease;

/**
 * A sync resumes any unfinished sync; a replay, which costs nothing to begin anew, only its own
 * previous slice.
 */
function canResume(request: SyncRequest, run: UnfinishedRun): boolean {
  return request.trigger === 'replay' ? isHandedOver(request, run) : run.trigger !== 'replay';
}

/** Passes the confirmation of a person on to the run that another worker holds. */
async function forwardAcceptDeletions(tx: Tx, request: SyncRequest, runId: string): Promise<void> {
  if (request.acceptDeletions === true)
    await tx.update(syncRuns).set({ acceptDeletions: true }).where(whereRun(request, runId));
}

/** Ends a run that nobody holds. Its stored pages stay, and the next sync resumes the pass. */
async function failUnfinishedRun(
  tx: Tx,
  request: SyncRequest,
  { runId, trigger }: UnfinishedRun,
): Promise<void> {
  const message =
    trigger === 'replay'
      ? 'The rebuild from stored data was interrupted. Start it again; what it has rebuilt stays.'
      : 'This sync was interrupted by a rebuild from stored data. The next sync continues from ' +
        'its last page.';
  await failRun(tx, request, runId, { errorKind: 'interrupted', errorMessage: message });
}

/** Gives the run up, and with it the connection's schedule, until a person retries it. */
async function deadLetterRun(
  tx: Tx,
  request: SyncRequest,
  runId: string,
  losses: number,
): Promise<void> {
  const { tenantId, connectionId } = request;
  const message = `The worker that ran this sync stopped ${losses} times in the middle of it.`;
  await failRun(tx, request, runId, { errorKind: 'worker_lost', errorMessage: message }, losses);
  await recordFailedJob(tx, {
    tenantId,
    job: 'sync-connection',
    subject: connectionId,
    connectionId,
    payload: { tenantId, connectionId, trigger: 'manual' as const, requestedBy: null },
    kind: 'worker_lost',
    reason: message,
    attempts: losses,
  });
}

async function failRun(
  tx: Tx,
  request: SyncRequest,
  runId: string,
  reason: { errorKind: string; errorMessage: string },
  losses?: number,
): Promise<void> {
  const end = { status: 'failed' as const, finishedAt: sql`now()`, ...reason };
  await tx
    .update(syncRuns)
    .set({ ...end, leaseUntil: null, ...(losses !== undefined && { losses }) })
    .where(whereRun(request, runId));
  await closeOpenCounters(tx, request.tenantId, runId, end);
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
    .where(whereRun(request, runId))
    .returning(leaseColumns);
  if (run === undefined) throw new FencedError();
  return run;
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
  const wakes = sql`(
    select ${connections.wakes} from ${connections} where ${whereConnection(request)})`;
  await tx.insert(syncRuns).values({ ...values, wakes, lease: 1, leaseUntil: runLeaseEnd() });
  return { runId: values.id, lease: 1, startedAt: values.startedAt };
}

const whereRun = ({ tenantId }: SyncRequest, runId: string) =>
  and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.id, runId));
