import { readAuditTarget } from '../../connections/connections.ts';
import { log } from '../../platform/log.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { readFinishedStreams, closeOpenCounters } from '../counters.ts';
import { withClaimedRun } from '../claim-run.ts';
import { summarizeRun } from '../finish-run.ts';
import { endRun, releaseReplay, type LeasedRun } from '../lease.ts';
import { FencedError } from '../../platform/lease.ts';
import { classifyFailure, SliceExpiredError, StoppedError, type Failure } from '../failures.ts';
import type { StreamReport } from '../types.ts';
import { openReplay } from './source.ts';
import { replayStream } from './stream.ts';
import {
  selectStreams,
  type DamagedResponse,
  type LeasedReplay,
  type ReplayReport,
  type ReplayRequest,
} from './types.ts';

/** The report of the finished replay, or the run that was released for the next slice. */
export type ReplaySliceEnd =
  { report: ReplayReport } | { report: undefined; handedOver: { runId: string; lease: number } };

/**
 * Rebuilds the rows and rollups of a connection from its stored responses, without contacting the
 * provider. Throws Problem: `conflict` when another worker holds the connection's run, `not_found`
 * for an unknown connection, `bad_request` for an unknown stream.
 */
export async function replayConnection(request: ReplayRequest): Promise<ReplayReport> {
  let handedOver = request.handedOver;
  const damaged: DamagedResponse[] = [];
  for (;;) {
    const end = await replaySlice({ ...request, handedOver });
    if (end.report !== undefined)
      return { ...end.report, damaged: [...damaged, ...end.report.damaged] };
    request.signal?.throwIfAborted();
    handedOver = end.handedOver;
  }
}

/** One slice of a replay: each stream in turn, from where the previous slice ended. */
export async function replaySlice(request: ReplayRequest): Promise<ReplaySliceEnd> {
  const source = await openReplay(request);
  return withClaimedRun(request, 'replay', (run, lost) =>
    runSlice({ ...source, ...run }, request, run, lost),
  );
}

async function runSlice(
  source: LeasedReplay,
  request: ReplayRequest,
  run: LeasedRun,
  lost: AbortSignal,
): Promise<ReplaySliceEnd> {
  const signal = request.signal === undefined ? lost : AbortSignal.any([request.signal, lost]);
  const damaged: DamagedResponse[] = [];
  try {
    const streams = await replayStreams(source, { ...request, signal }, damaged);
    return { report: await finishReplay(request, run, streams, undefined, damaged) };
  } catch (error) {
    const cause = signal.aborted ? signal.reason : error;
    if (cause instanceof FencedError) throw cause;
    if (cause instanceof SliceExpiredError || cause instanceof StoppedError) {
      await releaseReplay(request.tenantId, run);
      log.info(
        { event: 'replay.put_down' },
        'Replay released after a batch; a later slice resumes it',
      );
      return { report: undefined, handedOver: { runId: run.runId, lease: run.lease } };
    }
    const failure = classifyFailure(error);
    log.error(
      { event: 'replay.failed', kind: failure.kind, reason: failure.message },
      'A replay failed',
    );
    return {
      report: await finishReplay(
        request,
        run,
        await failOpenStreams(source, failure),
        failure,
        damaged,
      ),
    };
  }
}

async function replayStreams(
  source: LeasedReplay,
  request: ReplayRequest,
  damaged: DamagedResponse[],
): Promise<StreamReport[]> {
  const sliceEnd = performance.now() + (request.sliceMs ?? Number.POSITIVE_INFINITY);
  const streams = await retryInTenant(source.tenantId, (tx) => readFinishedStreams(tx, source));
  const isOver = () => performance.now() > sliceEnd;
  const rest = selectStreams(source, request).filter(
    ({ name }) => !streams.some((ended) => ended.stream === name),
  );
  for (const stream of rest) {
    request.signal?.throwIfAborted();
    const replayed = await replayStream(source, stream, request, isOver);
    streams.push(replayed.report);
    damaged.push(...replayed.damaged);
    if (isOver() && stream !== rest.at(-1)) throw new SliceExpiredError();
  }
  return streams;
}

/** Closes the counters of the stream that failed, and returns the reports of all streams so far. */
function failOpenStreams(source: LeasedReplay, failure: Failure): Promise<StreamReport[]> {
  return retryInTenant(source.tenantId, async (tx) => {
    await closeOpenCounters(tx, source.tenantId, source.runId, {
      status: 'failed',
      finishedAt: new Date(),
      errorKind: failure.kind,
      errorMessage: failure.message,
    });
    return readFinishedStreams(tx, source);
  });
}

async function finishReplay(
  { tenantId, connectionId }: ReplayRequest,
  run: LeasedRun,
  streams: StreamReport[],
  failure: Failure | undefined,
  damaged: DamagedResponse[],
): Promise<ReplayReport> {
  const { errorKind, ...end } = summarizeRun(streams, failure);
  await retryInTenant(tenantId, async (tx) => {
    await endRun(tx, tenantId, run, { ...end, errorKind });
    await recordAudit(tx, {
      tenantId,
      action: 'replay.finished',
      target: await readAuditTarget(tx, tenantId, connectionId),
      after: { status: end.status, changed: end.recordsUpdated },
    });
  });
  log.info(
    {
      event: 'replay.finished',
      status: end.status,
      changed: end.recordsUpdated,
      ms: end.finishedAt.getTime() - run.startedAt.getTime(),
    },
    'Replay finished',
  );
  return {
    runId: run.runId,
    startedAt: run.startedAt,
    tenantId,
    connectionId,
    ...end,
    streams,
    damaged,
  };
}
