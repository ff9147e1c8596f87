import { and, eq, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import type { Tx } from '../platform/db/pool.ts';
import { readTenant, retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { whereConnection, whereLeased, type LeasedRun } from './lease.ts';
import { FencedError } from '../platform/lease.ts';
import { type Failure } from './failures.ts';
import { computeNextAttempt } from './schedule.ts';
import { syncRuns } from '../schema/sync.ts';
import type { StreamReport, StreamStatus, SyncRequest } from './types.ts';

/** The connections of a tenant that a worker reads or replays at the moment. */
export async function listBusyConnections(tenantId: string): Promise<string[]> {
  const alive = and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.status, 'running'),
    sql`${syncRuns.leaseUntil} > now()`,
  );
  return (
    await readTenant(tenantId, (tx) =>
      tx.select({ id: syncRuns.connectionId }).from(syncRuns).where(alive),
    )
  ).map(({ id }) => id);
}

/** Whether a replay of the connection is under way, or waits for its next slice. */
export async function isReplaying(tenantId: string, connectionId: string): Promise<boolean> {
  const running = and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.connectionId, connectionId),
    eq(syncRuns.status, 'running'),
    eq(syncRuns.trigger, 'replay'),
    sql`${syncRuns.leaseUntil} > now()`,
  );
  return (
    (
      await readTenant(tenantId, (tx) =>
        tx.select({ id: syncRuns.id }).from(syncRuns).where(running),
      )
    ).length > 0
  );
}

export interface RunResult {
  status: StreamStatus;
  finishedAt: Date;
  recordsUpdated: number;
  errorMessage: string | null;
  /** When the connection is due again. */
  dueAt: Date;
}

/**
 * Ends a run with what its streams came to, and says when the connection is due again. Outlasts a
 * database restart.
 */
export function finishRun(
  request: Pick<SyncRequest, 'tenantId' | 'connectionId'>,
  run: LeasedRun,
  streams: StreamReport[],
  failure: Failure | undefined,
  intervalMs?: number,
): Promise<RunResult> {
  const finishedAt = new Date();
  const { at, waitingFor } = computeNextAttempt(
    request.connectionId,
    finishedAt,
    failure,
    intervalMs,
  );
  const end = {
    status: toRunStatus(streams, failure),
    finishedAt,
    recordsUpdated: countUpdatedRecords(streams),
    errorMessage: formatErrorMessage(streams, failure),
  };
  return retryInTenant(request.tenantId, async (tx) => {
    // What asked for a pass while this one was under way may have come too late for it.
    const wakesAtStart = sql`(select ${syncRuns.wakes} from ${syncRuns} where ${syncRuns.tenantId} = ${request.tenantId} and ${syncRuns.id} = ${run.runId})`;
    const next =
      failure === undefined
        ? sql`case when ${connections.wakes} > ${wakesAtStart} then now() else ${at.toISOString()}::timestamptz end`
        : at;
    const [due] = await tx
      .update(connections)
      .set({ dueAt: next, waitingFor })
      .where(whereConnection(request))
      .returning({ at: connections.dueAt });
    const ended = await tx
      .update(syncRuns)
      .set({ ...end, leaseUntil: null, errorKind: failure?.kind ?? null })
      .where(whereLeased(request.tenantId, run))
      .returning({ id: syncRuns.id });
    if (ended.length === 0 && !(await hasEnded(tx, request.tenantId, run, finishedAt)))
      throw new FencedError();
    return { ...end, dueAt: due?.at ?? at };
  });
}

/** Whether this very end was written before, although we were told that it was not. */
async function hasEnded(
  tx: Tx,
  tenantId: string,
  { runId, lease }: LeasedRun,
  finishedAt: Date,
): Promise<boolean> {
  const ours = and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.id, runId),
    eq(syncRuns.lease, lease),
    eq(syncRuns.finishedAt, finishedAt),
  );
  return (await tx.select({ id: syncRuns.id }).from(syncRuns).where(ours)).length > 0;
}

export function toRunStatus(streams: StreamReport[], failure: Failure | undefined): StreamStatus {
  if (failure === undefined && streams.every((stream) => stream.status === 'success'))
    return 'success';
  return streams.every((stream) => stream.status === 'failed') ? 'failed' : 'partial';
}

export function countUpdatedRecords(streams: StreamReport[]): number {
  return streams.reduce(
    (total, { inserted, changed, deleted }) => total + inserted + changed + deleted,
    0,
  );
}

export function formatErrorMessage(
  streams: StreamReport[],
  failure: Failure | undefined,
): string | null {
  const messages = streams.flatMap(({ label, errorMessage }) =>
    errorMessage === null ? [] : `${label}: ${errorMessage}`,
  );
  if (messages.length === 0 && failure !== undefined) messages.push(failure.message);
  return messages.length === 0 ? null : messages.join('\n');
}
