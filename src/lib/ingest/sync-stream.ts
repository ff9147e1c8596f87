import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import type { Page, ReadContext } from '../connectors/contract/source.ts';
import { batchByWeight } from '../platform/batch-by-weight.ts';
import { failpoint } from '../platform/failpoint.ts';
import { newId } from '../platform/id.ts';
import { FencedError } from '../platform/lease.ts';
import { log } from '../platform/log.ts';
import { prefetch } from '../platform/prefetch.ts';
import { withSpan } from '../platform/tracing.ts';
import { CircleWatch } from './circles.ts';
import { closeStreamCounters, openStreamCounters } from './counters.ts';
import { classifyFailure, SliceExpiredError, StoppedError, type Failure } from './failures.ts';
import { assertLease } from './lease.ts';
import { readDuePartitions } from './partitions.ts';
import { beginPass, failPass, finishPass } from './pass.ts';
import { maxBatchWeight, measureWeight, preparePages } from './prepare-pages.ts';
import { storePages } from './store-pages.ts';
import type { Pass, Source, Stream, StreamReport } from './types.ts';

export interface StreamOutcome {
  report: StreamReport;
  failure: Failure | undefined;
}

/**
 * Syncs one stream of one connection, from where its pass stands to the end. Throws
 * SliceExpiredError or StoppedError at a page boundary when the run is to be released, and
 * FencedError when another worker has taken over the run; the pass keeps its place.
 */
export async function syncStream(source: Source, stream: Stream): Promise<StreamOutcome> {
  const pass = await beginPass(source, stream);
  try {
    await runPass(source, stream, pass);
    return { report: await finishPass(source, stream, pass), failure: undefined };
  } catch (error) {
    const failure = toStreamFailure(source, stream, error);
    return { report: await failPass(source, stream, pass, failure), failure };
  }
}

/**
 * Reads the pages of the pass and stores them. Three things happen at once: one page is being
 * fetched, the one before it translated, and those that are ready stored.
 */
async function runPass(source: Source, stream: Stream, pass: Pass): Promise<void> {
  const start = { cursor: JSON.stringify(pass.cursor), pages: pass.pages };
  const pages = prefetch(readPages(source, stream, pass));
  const prepared = preparePages(source, stream, pass, pages);
  for await (const ready of batchByWeight(prepared, measureWeight, maxBatchWeight)) {
    source.request.signal?.throwIfAborted();
    await withSpan('sync page', { stream: stream.name }, () =>
      storePages(source, stream, pass, ready),
    );
    const last = ready.at(-1)?.page;
    if (last === undefined) continue;
    reportProgress(source, stream, pass, last);
    if (isSliceOver(source, pass, start, last)) throw new SliceExpiredError();
  }
}

async function* readPages(source: Source, stream: Stream, pass: Pass): AsyncGenerator<Page> {
  const context: ReadContext<unknown> = {
    http: source.http,
    settings: source.settings,
    secrets: source.secrets,
    // The beginning of the pass, so that a resumed pass reads the same window of time.
    now: pass.startedAt,
    span: pass.span,
    paths: stream.paths,
    concurrency: source.provider.limits.concurrency,
    partitions: () => readDuePartitions(source, stream, pass),
  };
  const watch = new CircleWatch();
  failpoint('fetch.before');
  for await (const page of stream.read(context, pass.cursor)) {
    watch.follow(page);
    yield page;
    failpoint('fetch.before');
  }
}

function reportProgress(source: Source, stream: Stream, pass: Pass, page: Page): void {
  source.request.onProgress?.({
    stream: stream.label,
    pages: pass.pages,
    fetched: pass.counters.fetched,
    expectedTotal: page.expectedTotal ?? null,
  });
}

/**
 * The fewest pages of a slice. A resumed pass may read a page or two again before it gets further,
 * so a shorter slice could end without progress.
 */
const minPages = 3;

/**
 * Whether the time of the slice is over. A slice that has not moved the cursor goes on until it
 * has, because the next slice would only repeat it.
 */
function isSliceOver(
  source: Source,
  pass: Pass,
  start: { cursor: string; pages: number },
  page: Page,
): boolean {
  if (page.last || performance.now() < source.sliceEnd || pass.pages - start.pages < minPages)
    return false;
  return JSON.stringify(page.cursor) !== start.cursor;
}

/** Classifies what ended the pass. Throws what releases the run or shows that it was taken over. */
function toStreamFailure(source: Source, stream: Stream, error: unknown): Failure {
  if (error instanceof FencedError || error instanceof SliceExpiredError) throw error;
  const { signal } = source.request;
  // A request that the shutdown cut off fails with its own error, but the shutdown is the reason.
  if (signal?.aborted === true)
    throw signal.reason instanceof FencedError ? signal.reason : new StoppedError();
  const failure = classifyFailure(error);
  log.warn(
    {
      event: 'sync.stream_failed',
      stream: stream.name,
      kind: failure.kind,
      reason: failure.message,
    },
    'A stream failed',
  );
  return failure;
}

/**
 * Closes a stream without reading it, because its parent stream failed: what it would read would be
 * neither fresh nor complete.
 */
export async function skipStream(
  source: Source,
  stream: Stream,
  parent: StreamReport,
): Promise<StreamOutcome> {
  const failure = {
    kind: 'parent_failed',
    message: `Not read, because ${parent.label} could not be read.`,
  };
  const report = await retryInTenant(source.tenantId, async (tx) => {
    await assertLease(tx, source.tenantId, source);
    await openStreamCounters(tx, source, stream, { id: newId(), mode: 'full' });
    return closeStreamCounters(tx, source, stream, 'failed', failure);
  });
  return {
    report,
    failure: { ...failure, stopsConnection: false, needsReconnect: false, resetsCursor: false },
  };
}
