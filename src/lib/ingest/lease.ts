import { and, eq, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { setAsideJob } from '../jobs/failed/store.ts';
import { config } from '../platform/config.ts';
import type { Tx } from '../platform/db/pool.ts';
import { patiently } from '../platform/db/retry.ts';
import { Problem } from '../platform/errors.ts';
import { newId } from '../platform/id.ts';
import { FencedError, leaseEnd, whileLeased } from '../platform/lease.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { closeOpenBooks } from './counters.ts';
import { syncRuns } from '../schema/sync.ts';
import type { SyncRequest } from './types.ts';

/**
 * A run in the hands of this worker. The lease is its fencing token: every write of the run checks
 * it.
 */
export interface HeldRun {
  runId: string;
  lease: number;
  startedAt: Date;
}

/** A run that lost so many workers most likely ends them itself. */
const mostLosses = 3;

const runLeaseEnd = () => leaseEnd(config().SYNC_LEASE_SECONDS);

/**
 * Takes up the connection's run: one that was put down between two slices or lost its worker goes
 * on, else a new one begins. A run in other hands is a Problem (conflict); one that lost three
 * workers is set aside (also a conflict). Syncs and replays do not go on with each other's: an
 * unfinished run of the other kind that nobody holds ends here.
 */
export async function takeRun(request: SyncRequest): Promise<HeldRun> {
  const taken = await withTenant(request.tenantId, async (tx) => {
    await lockConnection(tx, request);
    const [found] = await tx
      .select({
        ...held,
        isHeld: sql<boolean>`coalesce(lease_until > now(), false)`,
        isLost: sql<boolean>`coalesce(lease_until <= now(), false)`,
        losses: syncRuns.losses,
        trigger: syncRuns.trigger,
      })
      .from(syncRuns)
      .where(runningOf(request));
    if (found?.isHeld === true && !isHandedOver(request, found))
      return found.trigger === 'replay' ? 'replaying' : handOver(tx, request, found.runId);
    const running =
      found === undefined || goesOn(request, found)
        ? found
        : await endUnfinished(tx, request, found);
    const losses = (running?.losses ?? 0) + (running?.isLost === true ? 1 : 0);
    if (running !== undefined && losses >= mostLosses)
      return setRunAside(tx, request, running.runId, losses);
    const run =
      running === undefined
        ? await insertRun(tx, request)
        : await resumeRun(tx, request, running.runId, losses);
    if (request.trigger !== 'replay')
      await tx
        .update(connections)
        .set({ dueAt: runLeaseEnd(), waitingFor: null })
        .where(ofConnection(request));
    return run;
  });
  if (taken === 'busy' || taken === 'replaying')
    throw new Problem(
      'conflict',
      `A ${taken === 'busy' ? 'sync' : 'replay'} of this connection is already under way. Wait until it has ended.`,
    );
  if (taken === 'set aside')
    throw new Problem(
      'conflict',
      `This sync ended its worker ${mostLosses} times and was set aside. Retry it from the list of what was set aside.`,
    );
  return taken;
}

const held = { runId: syncRuns.id, lease: syncRuns.lease, startedAt: syncRuns.startedAt };

type FoundRun = Pick<HeldRun, 'runId' | 'lease'> & Pick<SyncRequest, 'trigger'>;

const isHandedOver = ({ handedOver }: SyncRequest, run: FoundRun) =>
  run.trigger === 'replay' && handedOver?.runId === run.runId && handedOver.lease === run.lease;

/**
 * A sync goes on with any unfinished sync; a replay, which costs nothing to begin anew, only with
 * its own slice before.
 */
function goesOn(request: SyncRequest, run: FoundRun): boolean {
  return request.trigger === 'replay' ? isHandedOver(request, run) : run.trigger !== 'replay';
}

/** Ends a run that nobody holds. Its stored pages stay, and the pass goes on in the next sync. */
async function endUnfinished(
  tx: Tx,
  { tenantId }: SyncRequest,
  { runId, trigger }: FoundRun,
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
  await closeOpenBooks(tx, tenantId, runId, end);
}

async function lockConnection(tx: Tx, request: SyncRequest): Promise<void> {
  const rows = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(ofConnection(request))
    .for('update');
  if (rows.length === 0)
    throw new Problem('not_found', 'There is no such connection in this workspace.');
}

async function insertRun(tx: Tx, request: SyncRequest): Promise<HeldRun> {
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
  const wakes = sql`(select ${connections.wakes} from ${connections} where ${ofConnection(request)})`;
  await tx.insert(syncRuns).values({ ...values, wakes, lease: 1, leaseUntil: runLeaseEnd() });
  return { runId: values.id, lease: 1, startedAt: values.startedAt };
}

async function resumeRun(
  tx: Tx,
  request: SyncRequest,
  runId: string,
  losses: number,
): Promise<HeldRun> {
  const accept = request.acceptDeletions === true ? { acceptDeletions: true } : {};
  const [run] = await tx
    .update(syncRuns)
    .set({ lease: sql`${syncRuns.lease} + 1`, leaseUntil: runLeaseEnd(), losses, ...accept })
    .where(and(eq(syncRuns.tenantId, request.tenantId), eq(syncRuns.id, runId)))
    .returning(held);
  if (run === undefined) throw new FencedError();
  return run;
}

/** The run under way is not ours, but what a person has confirmed holds for it too. */
async function handOver(tx: Tx, request: SyncRequest, runId: string): Promise<'busy'> {
  if (request.acceptDeletions === true)
    await tx
      .update(syncRuns)
      .set({ acceptDeletions: true })
      .where(and(eq(syncRuns.tenantId, request.tenantId), eq(syncRuns.id, runId)));
  return 'busy';
}

/** Gives the run up, and with it the connection's schedule, until a person retries it. */
async function setRunAside(
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
  await closeOpenBooks(tx, tenantId, runId, lost);
  const payload = { tenantId, connectionId, trigger: 'manual' as const, requestedBy: null };
  await setAsideJob(tx, {
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
  run: HeldRun,
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
  run: HeldRun,
): Promise<void> {
  await withTenant(request.tenantId, async (tx) => {
    if (request.trigger !== 'replay')
      await tx.update(connections).set({ dueAt: runLeaseEnd() }).where(ofConnection(request));
    const rows = await tx
      .update(syncRuns)
      .set({ leaseUntil: runLeaseEnd() })
      .where(stillOurs(request.tenantId, run))
      .returning({ id: syncRuns.id });
    if (rows.length === 0) throw new FencedError();
  });
}

/**
 * Puts the run down at a checkpoint: whoever comes first goes on with it. The answer is when it is
 * due: now, by the clock of the database.
 */
export function putRunDown(
  request: Pick<SyncRequest, 'tenantId' | 'connectionId'>,
  run: HeldRun,
): Promise<Date> {
  return patiently(() =>
    withTenant(request.tenantId, async (tx) => {
      const [due] = await tx
        .update(connections)
        .set({ dueAt: sql`now()` })
        .where(ofConnection(request))
        .returning({ at: connections.dueAt });
      const rows = await tx
        .update(syncRuns)
        .set({ leaseUntil: null })
        .where(stillOurs(request.tenantId, run))
        .returning({ id: syncRuns.id });
      if (rows.length === 0) throw new FencedError();
      return due?.at ?? new Date();
    }),
  );
}

/**
 * How long a replay that was put down waits for its next slice, before a sync may take its place.
 */
const replayWaitSeconds = 600;

/**
 * Puts a replay down for its own next slice only: until that comes, no sync of the connection
 * begins. The schedule stays as it is.
 */
export function putReplayDown(tenantId: string, run: HeldRun): Promise<void> {
  return patiently(() =>
    withTenant(tenantId, async (tx) => {
      const rows = await tx
        .update(syncRuns)
        .set({ leaseUntil: leaseEnd(replayWaitSeconds) })
        .where(stillOurs(tenantId, run))
        .returning({ id: syncRuns.id });
      if (rows.length === 0) throw new FencedError();
    }),
  );
}

/** Locks the run for this transaction and makes sure that it is still ours. */
export async function holdRun(
  tx: Tx,
  tenantId: string,
  run: Pick<HeldRun, 'runId' | 'lease'>,
): Promise<void> {
  const rows = await tx
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(stillOurs(tenantId, run))
    .for('update');
  if (rows.length === 0) throw new FencedError();
}

export function stillOurs(tenantId: string, { runId, lease }: Pick<HeldRun, 'runId' | 'lease'>) {
  return and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.id, runId),
    eq(syncRuns.status, 'running'),
    eq(syncRuns.lease, lease),
  );
}

export const ofConnection = ({
  tenantId,
  connectionId,
}: Pick<SyncRequest, 'tenantId' | 'connectionId'>) =>
  and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));

function runningOf({ tenantId, connectionId }: SyncRequest) {
  return and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.connectionId, connectionId),
    eq(syncRuns.status, 'running'),
  );
}
