import { failpoint } from '../platform/failpoint.ts';
import { log } from '../platform/log.ts';
import { newId } from '../platform/id.ts';
import type { Page, ReadContext } from '../connectors/contract/source.ts';
import { withSpan } from '../platform/tracing.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { prefetch } from '../platform/prefetch.ts';
import { batchByWeight } from '../platform/batch-by-weight.ts';
import { closeStreamCounters, openStreamCounters } from './counters.ts';
import { assertLease } from './lease.ts';
import { maxBatchWeight, preparePages, storePages, measureWeight } from './store-pages.ts';
import { readDuePartitions } from './partitions.ts';
import { beginPass, failPass, finishPass } from './pass.ts';
import { FencedError } from '../platform/lease.ts';
import { classifyFailure, SliceExpiredError, StoppedError, type Failure } from './failures.ts';
import type { Pass, Source, Stream, StreamReport } from './types.ts';

export interface StreamOutcome {
  report: StreamReport;
  failure: Failure | undefined;
}

/**
 * One stream of one connection, from where it stands to its end. Throws SliceOver or StoppedError
 * at a page boundary when the run is to be put down, and FencedError when another worker has it;
 * the pass stays where it is.
 */
export async function syncStream(source: Source, stream: Stream): Promise<StreamOutcome> {
  const pass = await beginPass(source, stream);
  const startedFrom = { cursor: JSON.stringify(pass.cursor), pages: pass.pages };
  try {
    // Three things at once: a page on its way, the one before it being translated, those that are
    // ready being stored.
    for await (const ready of batchByWeight(
      preparePages(source, stream, pass, prefetch(readPages(source, stream, pass))),
      measureWeight,
      maxBatchWeight,
    )) {
      source.request.signal?.throwIfAborted();
      await withSpan('sync page', { stream: stream.name }, () =>
        storePages(source, stream, pass, ready),
      );
      const last = ready.at(-1)?.page;
      if (last === undefined) continue;
      reportProgress(source, stream, pass, last);
      if (isSliceOver(source, pass, startedFrom, last)) throw new SliceExpiredError();
    }
    return { report: await finishPass(source, stream, pass), failure: undefined };
  } catch (caught) {
    if (caught instanceof FencedError || caught instanceof SliceExpiredError) throw caught;
    // What a stop breaks off fails in its own words; the reason for the stop is the better one.
    const { signal } = source.request;
    if (signal?.aborted === true)
      throw signal.reason instanceof FencedError ? signal.reason : new StoppedError();
    const failure = classifyFailure(caught);
    log.warn(
      {
        event: 'sync.stream_failed',
        stream: stream.name,
        kind: failure.kind,
        reason: failure.message,
      },
      'A stream failed',
    );
    return { report: await failPass(source, stream, pass, failure), failure };
  }
}

/** Fewer pages than this may be those that a resumed pass reads once more. */
const minPages = 3;

/** A slice that has not moved the cursor would be repeated for ever: it goes on until it has. */
function isSliceOver(
  source: Source,
  pass: Pass,
  startedFrom: { cursor: string; pages: number },
  page: Page,
): boolean {
  if (page.last || performance.now() < source.sliceEnd || pass.pages - startedFrom.pages < minPages)
    return false;
  return JSON.stringify(page.cursor) !== startedFrom.cursor;
}

/**
 * A stream whose parents could not be read is not read either: what it found would be neither fresh
 * nor complete.
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
  const report = await withTenant(source.tenantId, async (tx) => {
    await assertLease(tx, source.tenantId, source);
    await openStreamCounters(tx, source, stream, { id: newId(), mode: 'full' });
    return closeStreamCounters(tx, source, stream, 'failed', failure);
  });
  return {
    report,
    failure: { ...failure, stopsConnection: false, needsReconnect: false, resetsCursor: false },
  };
}

async function* readPages(source: Source, stream: Stream, pass: Pass): AsyncGenerator<Page> {
  const context: ReadContext<unknown> = {
    http: source.http,
    settings: source.settings,
    secrets: source.secrets,
    // A resumed pass asks for the same window as when it began.
    now: pass.startedAt,
    span: pass.span,
    concurrency: source.provider.limits.concurrency,
    partitions: () => readDuePartitions(source, stream, pass),
  };
  failpoint('fetch.before');
  for await (const page of stream.read(context, pass.cursor)) {
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
