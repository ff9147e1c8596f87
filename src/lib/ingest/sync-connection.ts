import { recordRun } from '../connections/metrics.ts';
import { recordHealth, withConnection } from '../connections/session.ts';
import { config } from '../platform/config.ts';
import { retryOnDbOutage } from '../platform/db/retry.ts';
import { FencedError } from '../platform/lease.ts';
import { log } from '../platform/log.ts';
import { withSpan } from '../platform/tracing.ts';
import { getTenant } from '../identity/tenancy/tenants.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { loadMappedStreams } from '../mappings/inbound/load.ts';
import { withClaimedRun } from './claim-run.ts';
import { readFinishedStreams } from './counters.ts';
import { releaseRun, type LeasedRun } from './lease.ts';
import { classifyFailure, SliceExpiredError, StoppedError, type Failure } from './failures.ts';
import { finishRun } from './finish-run.ts';
import { skipStream, syncStream } from './sync-stream.ts';
import type { RunReport, Source, Stream, StreamReport, SyncRequest } from './types.ts';

/** The end of one slice. */
export interface SliceResult {
  /** Undefined when the run was released before its end and has to be resumed. */
  report: RunReport | undefined;
  /** When the connection is due again. */
  dueAt: Date;
}

/**
 * Runs a sync of the connection to its end, in as many slices as it takes. A run that another
 * worker holds is a Problem (conflict).
 */
export async function syncConnection(request: SyncRequest): Promise<RunReport> {
  for (;;) {
    const { report } = await syncSlice(request);
    if (report !== undefined) return report;
    request.signal?.throwIfAborted();
  }
}

/**
 * Runs one slice of the connection's run: each stream in turn, from where the previous slice ended.
 * When the time of the slice is over or the worker shuts down, the run is released at a page
 * boundary: then there is no report, and the connection is due again at once.
 */
export async function syncSlice(request: SyncRequest): Promise<SliceResult> {
  return withClaimedRun(request, 'sync run', async (run, lost) => {
    const { streams, failure, intervalMs } = await runStreams(request, run, lost);
    if (failure === 'released') {
      log.info({ event: 'sync.put_down' }, 'Sync released after a page; a later slice resumes it');
      return { report: undefined, dueAt: await releaseRun(request, run) };
    }
    const { dueAt, ...result } = await finishRun(request, run, streams, failure, intervalMs);
    const report = toReport(request, run, { ...result, streams });
    reportFinished(report);
    return { report, dueAt };
  });
}

interface StreamsResult {
  streams: StreamReport[];
  /** What ended the slice before its last stream, if anything did. */
  failure: Failure | 'released' | undefined;
  /** How often the provider wants the connection synced; undefined for the default. */
  intervalMs: number | undefined;
}

/**
 * Runs each stream in turn, until the last one, a failure that concerns all of them, or the end of
 * the slice.
 */
async function runStreams(
  request: SyncRequest,
  run: LeasedRun,
  lost: AbortSignal,
): Promise<StreamsResult> {
  const streams: StreamReport[] = [];
  let intervalMs: number | undefined;
  try {
    const failure = await withSource(request, run, lost, async (source) => {
      const development = config().NODE_ENV === 'development';
      intervalMs = source.provider.intervalMs?.(source.settings, development);
      streams.push(...(await loadFinishedStreams(source)));
      return runRemainingStreams(source, streams);
    });
    return { streams, failure, intervalMs };
  } catch (error) {
    return { streams, failure: toRunFailure(error), intervalMs };
  }
}

async function withSource<T>(
  request: SyncRequest,
  run: LeasedRun,
  lost: AbortSignal,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const { timeZone, currency, deletionShare } = await retryOnDbOutage(() =>
    getTenant(request.tenantId),
  );
  const signal = request.signal === undefined ? lost : AbortSignal.any([request.signal, lost]);
  const options = {
    background: { insist: request.trigger !== 'schedule' },
    retry: { baseMs: config().SYNC_RETRY_BASE_MS },
    signal,
  };
  return withConnection(request, options, async (session) => {
    const { tenantId, connectionId, provider, settings } = session;
    const streams = await retryInTenant(tenantId, (tx) =>
      loadMappedStreams(tx, { tenantId, connectionId, provider, settings, currency }),
    );
    return work({
      ...session,
      ...run,
      streams,
      timeZone,
      currency,
      deletionShare,
      request: { ...request, signal },
      sliceEnd: performance.now() + (request.sliceMs ?? Number.POSITIVE_INFINITY),
    });
  });
}

/** The streams that earlier slices of this run have finished. */
function loadFinishedStreams(source: Source): Promise<StreamReport[]> {
  return retryInTenant(source.tenantId, (tx) => readFinishedStreams(tx, source));
}

/** Runs the streams that have no report yet and adds their reports to `streams`. */
async function runRemainingStreams(
  source: Source,
  streams: StreamReport[],
): Promise<Failure | undefined> {
  let last: Failure | undefined;
  const finished = new Set(streams.map(({ stream }) => stream));
  for (const stream of source.streams.filter(({ name }) => !finished.has(name))) {
    const { report, failure } = await runStream(source, stream, streams);
    streams.push(report);
    last = failure ?? last;
    if (failure?.stopsConnection === true) {
      await updateHealth(source, failure);
      return failure;
    }
  }
  await updateHealth(source, undefined);
  // When every stream failed, the run failed: the connection is then retried sooner than after a
  // run that read some of its streams.
  return streams.every(({ status }) => status === 'failed') ? last : undefined;
}

async function runStream(source: Source, stream: Stream, reports: readonly StreamReport[]) {
  const parent = findFailedParent(stream, reports);
  return parent === undefined
    ? withSpan('sync stream', { stream: stream.name }, () => syncStream(source, stream))
    : skipStream(source, stream, parent);
}

/** The report of the stream's parent stream, when that one failed in this run. */
function findFailedParent(
  { listing }: Stream,
  reports: readonly StreamReport[],
): StreamReport | undefined {
  if (listing.kind !== 'partitioned') return undefined;
  return reports.find(({ stream, status }) => stream === listing.parents && status === 'failed');
}

async function updateHealth(source: Source, failure: Failure | undefined): Promise<void> {
  if (failure !== undefined && !failure.needsReconnect) return;
  await recordHealth(source, failure?.message ?? null);
}

/** Classifies what ended the slice. Rethrows the FencedError of a run that was taken over. */
function toRunFailure(error: unknown): Failure | 'released' {
  if (error instanceof FencedError) throw error;
  if (error instanceof SliceExpiredError || error instanceof StoppedError) return 'released';
  const failure = classifyFailure(error);
  log.error(
    { event: 'sync.run_failed', kind: failure.kind, reason: failure.message },
    'A sync could not run',
  );
  return failure;
}

function toReport(
  { tenantId, connectionId }: SyncRequest,
  { runId, startedAt }: LeasedRun,
  result: Omit<RunReport, 'runId' | 'startedAt' | 'tenantId' | 'connectionId'>,
): RunReport {
  return { runId, startedAt, tenantId, connectionId, ...result };
}

function reportFinished(report: RunReport): void {
  recordRun(report);
  log.info(
    {
      event: 'sync.finished',
      status: report.status,
      changed: report.recordsUpdated,
      ms: report.finishedAt.getTime() - report.startedAt.getTime(),
    },
    'Sync finished',
  );
}
