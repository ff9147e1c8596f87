import { admit } from '../connections/circuit/store.ts';
import { connectionClient } from '../connections/client.ts';
import { openConnection, setConnectionHealth } from '../connections/connections.ts';
import { recordRun } from '../connections/metrics.ts';
import { config } from '../platform/config.ts';
import { patiently } from '../platform/db/retry.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { log, withLogFields } from '../platform/log.ts';
import { traced } from '../platform/tracing.ts';
import { getTenant } from '../identity/tenancy/tenants.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { closedBooks } from './counters.ts';
import { beat, heartbeatMs, putRunDown, takeRun, type HeldRun } from './lease.ts';
import { FencedError, judge, SliceOver, StoppedError, type Failure } from './failures.ts';
import { finishRun } from './runs.ts';
import { skipStream, syncStream } from './sync-stream.ts';
import type { RunReport, Source, Stream, StreamReport, SyncRequest } from './types.ts';

/**
 * What a slice came to: the report of the run when it ended, and in any case when the connection is
 * due again.
 */
export interface SliceEnd {
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
export async function syncSlice(request: SyncRequest): Promise<SliceEnd> {
  const run = await takeRun(request);
  const { tenantId, connectionId } = request;
  const fields = { runId: run.runId, tenantId, connectionId };
  return withLogFields(fields, () =>
    traced('sync run', fields, () =>
      whileHeld(request, run, (fenced) => sliceOf(request, run, fenced)),
    ),
  );
}

async function sliceOf(request: SyncRequest, run: HeldRun, fenced: AbortSignal): Promise<SliceEnd> {
  const { tenantId, connectionId } = request;
  const { streams, failure, intervalMs } = await runStreams(request, run, fenced);
  if (failure === 'put down') {
    log.info({ event: 'sync.put_down' }, 'Sync put down at a page; it goes on later');
    return { report: undefined, dueAt: await putRunDown(request, run) };
  }
  const { dueAt, ...end } = await finishRun(request, run, streams, failure, intervalMs);
  const report = {
    runId: run.runId,
    startedAt: run.startedAt,
    tenantId,
    connectionId,
    ...end,
    streams,
  };
  recordRun(report);
  log.info(
    {
      event: 'sync.finished',
      status: end.status,
      changed: end.recordsUpdated,
      ms: end.finishedAt.getTime() - run.startedAt.getTime(),
    },
    'Sync finished',
  );
  return { report, dueAt };
}

/**
 * Keeps the run's lease alive while `work` goes on, and aborts the signal when the lease is lost
 * all the same.
 */
export async function whileHeld<T>(
  request: SyncRequest,
  run: HeldRun,
  work: (fenced: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const stopWhenFenced = (error: unknown) => {
    if (error instanceof FencedError) stop.abort(error);
  };
  const beating = setInterval(() => void beat(request, run).catch(stopWhenFenced), heartbeatMs());
  try {
    return await work(stop.signal);
  } finally {
    clearInterval(beating);
  }
}

interface StreamsEnd {
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
  run: HeldRun,
  fenced: AbortSignal,
): Promise<StreamsEnd> {
  const streams: StreamReport[] = [];
  let source: Source | undefined;
  const end = (failure: StreamsEnd['failure']): StreamsEnd => ({
    streams,
    failure,
    intervalMs: source?.provider.intervalMs?.(source.settings, config().NODE_ENV === 'development'),
  });
  try {
    source = await openSource(request, run, fenced);
    streams.push(...(await endedBefore(source)));
    return end(await runRest(source, streams));
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (error instanceof SliceOver || error instanceof StoppedError) return end('put down');
    const failure = judge(error);
    log.error(
      { event: 'sync.run_failed', kind: failure.kind, reason: failure.message },
      'A sync could not run',
    );
    return end(failure);
  } finally {
    await source?.http.close();
  }
}

async function runRest(source: Source, streams: StreamReport[]): Promise<Failure | undefined> {
  let last: Failure | undefined;
  for (const stream of source.provider.streams.filter(
    ({ name }) => !streams.some((ended) => ended.stream === name),
  )) {
    const parent = failedParent(stream, streams);
    const { report, failure } =
      parent === undefined
        ? await traced('sync stream', { stream: stream.name }, () => syncStream(source, stream))
        : await skipStream(source, stream, parent);
    streams.push(report);
    last = failure ?? last;
    if (failure?.stopsConnection === true) {
      await noteHealth(source, failure);
      return failure;
    }
  }
  await noteHealth(source, undefined);
  // A source of which nothing could be read is tried again sooner than one of which a part could.
  return streams.every(({ status }) => status === 'failed') ? last : undefined;
}

function endedBefore(source: Source): Promise<StreamReport[]> {
  return patiently(() => withTenant(source.tenantId, (tx) => closedBooks(tx, source)));
}

/** The report of the stream that this one's parents come from, when it failed in this run. */
function failedParent({ listing }: Stream, reports: StreamReport[]): StreamReport | undefined {
  if (listing.kind !== 'partitioned') return undefined;
  return reports.find(({ stream, status }) => stream === listing.parents && status === 'failed');
}

async function openSource(
  request: SyncRequest,
  run: HeldRun,
  fenced: AbortSignal,
): Promise<Source> {
  const { tenantId, connectionId } = request;
  const tenant = await patiently(() => getTenant(tenantId));
  const open = await patiently(() => openConnection(tenantId, connectionId));
  const signal = request.signal === undefined ? fenced : AbortSignal.any([request.signal, fenced]);
  const probe = await admitted(request, open.provider.label);
  const http = connectionClient(open.provider, open.settings, {
    owner: { tenantId, connectionId, probe },
    retry: { baseMs: config().SYNC_RETRY_BASE_MS },
    signal,
  });
  const { timeZone, deletionShare } = tenant;
  return {
    ...open,
    ...run,
    tenantId,
    connectionId,
    timeZone,
    deletionShare,
    request: { ...request, signal },
    http,
    sliceEnd: performance.now() + (request.sliceMs ?? Number.POSITIVE_INFINITY),
  };
}

/**
 * Whether this run is the one that finds out if the source answers again. Throws while it is left
 * alone; a person's request does not wait.
 */
async function admitted(
  { tenantId, connectionId, trigger }: SyncRequest,
  label: string,
): Promise<boolean> {
  const admission = await admit(tenantId, connectionId, { insist: trigger !== 'schedule' });
  if (admission.kind === 'open')
    throw new RemoteError(
      'transient',
      `${label} has not been answering and is left alone for a while. ${admission.reason}`,
      { until: admission.until, unsent: true },
    );
  return admission.kind === 'probe';
}

async function noteHealth(source: Source, failure: Failure | undefined): Promise<void> {
  if (failure !== undefined && !failure.needsReconnect) return;
  await patiently(() =>
    withTenant(source.tenantId, (tx) =>
      setConnectionHealth(tx, source.tenantId, source.connectionId, failure?.message ?? null),
    ),
  );
}
