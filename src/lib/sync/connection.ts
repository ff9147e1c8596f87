import { connectionClient } from '../connections/client.ts';
import { openConnection, setConnectionHealth } from '../connections/connections.ts';
import { config } from '../platform/config.ts';
import { log, withLogFields } from '../platform/log.ts';
import { patiently } from '../platform/db/retry.ts';
import { getTenant } from '../tenancy/tenants.ts';
import { withTenant } from '../tenancy/with-tenant.ts';
import { FencedError, judge, type Failure } from './policy.ts';
import { beat, beginRun, finishRun, heartbeatMs } from './runs.ts';
import { skipStream, syncStream } from './run.ts';
import type { RunReport, Source, Stream, StreamReport, SyncRequest } from './types.ts';

/** One run over one connection: each stream in turn, then the books. A run under way is a Problem (conflict). */
export async function syncConnection(request: SyncRequest): Promise<RunReport> {
  const run = await beginRun(request);
  const { tenantId, connectionId } = request;
  return withLogFields({ runId: run.runId, tenantId, connectionId }, async () => {
    const stop = new AbortController();
    const beating = setInterval(() => void beat(tenantId, run.runId).catch((error: unknown) => stopWhenFenced(error, stop)), heartbeatMs);
    try {
      const streams: StreamReport[] = [];
      const failure = await runStreams(request, run, streams, stop.signal);
      const end = await finishRun(request, run.runId, streams, failure);
      log.info({ event: 'sync.finished', status: end.status, changed: end.recordsUpdated, ms: end.finishedAt.getTime() - run.startedAt.getTime() }, 'Sync finished');
      return { ...run, tenantId, connectionId, ...end, streams };
    } finally {
      clearInterval(beating);
    }
  });
}

function stopWhenFenced(error: unknown, stop: AbortController): void {
  if (error instanceof FencedError) stop.abort(error);
}

/** Fills `streams` with what each stream came to; the answer is what ended the run early, if anything did. */
async function runStreams(request: SyncRequest, run: { runId: string; startedAt: Date }, streams: StreamReport[], fenced: AbortSignal): Promise<Failure | undefined> {
  let source: Source | undefined;
  try {
    source = await openSource(request, run, fenced);
    for (const stream of source.provider.streams) {
      const parent = failedParent(stream, streams);
      const { report, failure } = parent === undefined ? await syncStream(source, stream) : await skipStream(source, stream, parent);
      streams.push(report);
      if (failure?.stopsConnection === true) {
        await noteHealth(source, failure);
        return failure;
      }
    }
    await noteHealth(source, undefined);
    return undefined;
  } catch (error) {
    if (error instanceof FencedError) throw error;
    const failure = judge(error);
    log.error({ event: 'sync.run_failed', kind: failure.kind, reason: failure.message }, 'A sync could not run');
    return failure;
  } finally {
    await source?.http.close();
  }
}

/** The report of the stream that this one's parents come from, when it failed in this run. */
function failedParent({ listing }: Stream, reports: StreamReport[]): StreamReport | undefined {
  if (listing.kind !== 'partitioned') return undefined;
  return reports.find(({ stream, status }) => stream === listing.parents && status === 'failed');
}

async function openSource(request: SyncRequest, run: { runId: string; startedAt: Date }, fenced: AbortSignal): Promise<Source> {
  const { tenantId, connectionId } = request;
  const tenant = await patiently(() => getTenant(tenantId));
  const open = await patiently(() => openConnection(tenantId, connectionId));
  const signal = request.signal === undefined ? fenced : AbortSignal.any([request.signal, fenced]);
  return { ...open, ...run, tenantId, connectionId, timeZone: tenant.timeZone, request: { ...request, signal }, http: connectionClient(open.provider, open.settings, { retry: { baseMs: config().SYNC_RETRY_BASE_MS }, signal }) };
}

async function noteHealth(source: Source, failure: Failure | undefined): Promise<void> {
  if (failure !== undefined && !failure.needsReconnect) return;
  await patiently(() => withTenant(source.tenantId, (tx) => setConnectionHealth(tx, source.tenantId, source.connectionId, failure?.message ?? null)));
}
