import { and, eq, sql } from 'drizzle-orm';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { connections } from '../schema/connections.ts';
import { syncRuns } from '../schema/sync.ts';
import { type Failure } from './failures.ts';
import { endRun, whereConnection, type LeasedRun, type RunEnd } from './lease.ts';
import { computeNextAttempt } from './schedule.ts';
import type { StreamReport, StreamStatus, SyncRequest } from './types.ts';

export interface RunResult extends Omit<RunEnd, 'errorKind'> {
  /** When the connection is due again. */
  dueAt: Date;
}

/**
 * Ends a run with the results of its streams and sets when the connection is due again. Outlasts a
 * database restart.
 */
export function finishRun(
  request: Pick<SyncRequest, 'tenantId' | 'connectionId'>,
  run: LeasedRun,
  streams: StreamReport[],
  failure: Failure | undefined,
  intervalMs?: number,
): Promise<RunResult> {
  const { errorKind, ...end } = summarizeRun(streams, failure);
  const { at, waitingFor } = computeNextAttempt(
    request.connectionId,
    end.finishedAt,
    failure,
    intervalMs,
  );
  return retryInTenant(request.tenantId, async (tx) => {
    const [due] = await tx
      .update(connections)
      .set({ dueAt: failure === undefined ? nowIfWoken(request, run, at) : at, waitingFor })
      .where(whereConnection(request))
      .returning({ at: connections.dueAt });
    await endRun(tx, request.tenantId, run, { ...end, errorKind });
    return { ...end, dueAt: due?.at ?? at };
  });
}

/** Due at once when a sync was requested during the run: its change may have come too late. */
function nowIfWoken({ tenantId }: Pick<SyncRequest, 'tenantId'>, { runId }: LeasedRun, at: Date) {
  const thisRun = and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.id, runId));
  const wakesAtStart = sql`(select ${syncRuns.wakes} from ${syncRuns} where ${thisRun})`;
  return sql`case when ${connections.wakes} > ${wakesAtStart}
    then now() else ${at.toISOString()}::timestamptz end`;
}

/** The result of a run from those of its streams, as of now. */
export function summarizeRun(streams: StreamReport[], failure: Failure | undefined): RunEnd {
  return {
    status: toRunStatus(streams, failure),
    finishedAt: new Date(),
    recordsUpdated: countUpdatedRecords(streams),
    errorMessage: formatErrorMessage(streams, failure),
    errorKind: failure?.kind ?? null,
  };
}

function toRunStatus(streams: StreamReport[], failure: Failure | undefined): StreamStatus {
  if (failure === undefined && streams.every((stream) => stream.status === 'success'))
    return 'success';
  return streams.every((stream) => stream.status === 'failed') ? 'failed' : 'partial';
}

function countUpdatedRecords(streams: StreamReport[]): number {
  return streams.reduce(
    (total, { inserted, changed, deleted }) => total + inserted + changed + deleted,
    0,
  );
}

function formatErrorMessage(streams: StreamReport[], failure: Failure | undefined): string | null {
  const messages = streams.flatMap(({ label, errorMessage }) =>
    errorMessage === null ? [] : `${label}: ${errorMessage}`,
  );
  if (messages.length === 0 && failure !== undefined) messages.push(failure.message);
  return messages.length === 0 ? null : messages.join('\n');
}
