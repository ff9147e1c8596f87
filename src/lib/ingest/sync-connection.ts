import { recordRun } from '../connections/metrics.ts';
import { recordHealth, withConnection } from '../connections/session.ts';
import { config } from '../platform/config.ts';
import { retryOnDbOutage } from '../platform/db/retry.ts';
import { FencedError } from '../platform/lease.ts';
import { log, withLogFields } from '../platform/log.ts';
import { withSpan } from '../platform/tracing.ts';
import { getTenant } from '../identity/tenancy/tenants.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { readFinishedStreams } from './counters.ts';
import { releaseRun, claimRun, whileRunHeld, type LeasedRun } from './lease.ts';
import { classifyFailure, SliceExpiredError, StoppedError, type Failure } from './failures.ts';
import { finishRun } from './runs.ts';
import { skipStream, syncStream } from './sync-stream.ts';
import type { RunReport, Source, Stream, StreamReport, SyncRequest } from './types.ts';

/**
 * What a slice came to: the report of the run when it ended, and in any case when the connection is
 * due again.
 */
export interface SliceResult {
  report: RunReport | undefined;
  dueAt: Date;
}

/**
 * Carries the connection's run to its end, in as many slices as it takes. A run in other hands is a
 * Problem (conflict).
 */
export async function syncConnection(request: SyncRequest): Promise<RunReport> {
  for (;;) {
    const { report } = await syncSlice(request);
    if (report !== undefined) return report;
    request.signal?.throwIfAborted();
  }
}

/**
 * One slice of the connection's run: each stream in turn, from where the slice before ended. There
 * is no report when the run was put down at a page boundary, because its time was over or the
 * worker stops; it is due again at once.
 */
export async function syncSlice(request: SyncRequest): Promise<SliceResult> {
  const run = await claimRun(request);
  const { tenantId, connectionId } = request;
  const fields = { runId: run.runId, tenantId, connectionId };
  return withLogFields(fields, () =>
    withSpan('sync run', fields, () =>
      whileRunHeld(request, run, (lost) => runSlice(request, run, lost)),
    ),
  );
}

async function runSlice(
  request: SyncRequest,
  run: LeasedRun,
  lost: AbortSignal,
): Promise<SliceResult> {
  const { tenantId, connectionId } = request;
  const { streams, failure, intervalMs } = await runStreams(request, run, lost);
  if (failure === 'put down') {
    log.info({ event: 'sync.put_down' }, 'Sync put down at a page; it goes on later');
    return { report: undefined, dueAt: await releaseRun(request, run) };
  }
  const { dueAt, ...toResult } = await finishRun(request, run, streams, failure, intervalMs);
  const report = {
    runId: run.runId,
    startedAt: run.startedAt,
    tenantId,
    connectionId,
    ...toResult,
    streams,
  };
  recordRun(report);
  log.info(
    {
      event: 'sync.finished',
      status: toResult.status,
      changed: toResult.recordsUpdated,
      ms: toResult.finishedAt.getTime() - run.startedAt.getTime(),
    },
    'Sync finished',
  );
  return { report, dueAt };
}

interface StreamsResult {
  streams: StreamReport[];
  /** What ended the run early, if anything did. */
  failure: Failure | 'put down' | undefined;
  intervalMs: number | undefined;
}

/**
 * Each stream in turn, until the last, a failure that concerns them all, or the end of the slice.
 */
async function runStreams(
  request: SyncRequest,
  run: LeasedRun,
  lost: AbortSignal,
): Promise<StreamsResult> {
  const streams: StreamReport[] = [];
  let intervalMs: number | undefined;
  const toResult = (failure: StreamsResult['failure']): StreamsResult => ({
    streams,
    failure,
    intervalMs,
  });
  try {
    return await withSource(request, run, lost, async (source) => {
      const development = config().NODE_ENV === 'development';
      intervalMs = source.provider.intervalMs?.(source.settings, development);
      streams.push(...(await loadFinishedStreams(source)));
      return toResult(await runRemainingStreams(source, streams));
    });
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof SliceExpiredError || error instanceof StoppedError)
      return toResult('put down');
    const failure = classifyFailure(error);
    log.error(
      { event: 'sync.run_failed', kind: failure.kind, reason: failure.message },
      'A sync could not run',
    );
    return toResult(failure);
  }
}

async function runRemainingStreams(
  source: Source,
  streams: StreamReport[],
): Promise<Failure | undefined> {
  let last: Failure | undefined;
  for (const stream of source.provider.streams.filter(
    ({ name }) => !streams.some((ended) => ended.stream === name),
  )) {
    const parent = findFailedParent(stream, streams);
    const { report, failure } =
      parent === undefined
        ? await withSpan('sync stream', { stream: stream.name }, () => syncStream(source, stream))
        : await skipStream(source, stream, parent);
    streams.push(report);
    last = failure ?? last;
    if (failure?.stopsConnection === true) {
      await updateHealth(source, failure);
      return failure;
    }
  }
  await updateHealth(source, undefined);
  // A source of which nothing could be read is tried again sooner than one of which a part could.
  return streams.every(({ status }) => status === 'failed') ? last : undefined;
}

function loadFinishedStreams(source: Source): Promise<StreamReport[]> {
  return retryInTenant(source.tenantId, (tx) => readFinishedStreams(tx, source));
}

/** The report of the stream that this one's parents come from, when it failed in this run. */
function findFailedParent({ listing }: Stream, reports: StreamReport[]): StreamReport | undefined {
  if (listing.kind !== 'partitioned') return undefined;
  return reports.find(({ stream, status }) => stream === listing.parents && status === 'failed');
}

async function withSource<T>(
  request: SyncRequest,
  run: LeasedRun,
  lost: AbortSignal,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const { timeZone, deletionShare } = await retryOnDbOutage(() => getTenant(request.tenantId));
  const signal = request.signal === undefined ? lost : AbortSignal.any([request.signal, lost]);
  const options = {
    background: { insist: request.trigger !== 'schedule' },
    retry: { baseMs: config().SYNC_RETRY_BASE_MS },
    signal,
  };
  return withConnection(request, options, (session) =>
    work({
      ...session,
      ...run,
      timeZone,
      deletionShare,
      request: { ...request, signal },
      sliceEnd: performance.now() + (request.sliceMs ?? Number.POSITIVE_INFINITY),
    }),
  );
}

async function updateHealth(source: Source, failure: Failure | undefined): Promise<void> {
  if (failure !== undefined && !failure.needsReconnect) return;
  await recordHealth(source, failure?.message ?? null);
}
