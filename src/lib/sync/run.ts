import { log } from '../platform/log.ts';
import { newId } from '../platform/id.ts';
import type { Page, ReadContext } from '../providers/types.ts';
import { withTenant } from '../tenancy/with-tenant.ts';
import { ahead } from './ahead.ts';
import { prepared, storePage } from './page.ts';
import { duePartitions } from './partitions.ts';
import { beginPass, failPass, finishPass } from './pass.ts';
import { FencedError, judge, type Failure } from './policy.ts';
import { closeStreamBooks, openStreamBooks } from './runs.ts';
import type { Pass, Source, Stream, StreamReport } from './types.ts';

export interface StreamOutcome {
  report: StreamReport;
  failure: Failure | undefined;
}

/** One stream of one connection, from where it stands to its end. */
export async function syncStream(source: Source, stream: Stream): Promise<StreamOutcome> {
  const pass = await beginPass(source, stream);
  try {
    // Three things at once: a page on its way, the one before it being translated, the one before that being stored.
    for await (const ready of ahead(prepared(source, stream, ahead(readPages(source, stream, pass))))) {
      source.request.signal?.throwIfAborted();
      await storePage(source, stream, pass, ready);
      tell(source, stream, pass, ready.page);
    }
    return { report: await finishPass(source, stream, pass), failure: undefined };
  } catch (caught) {
    // What a stop breaks off fails in its own words; the reason for the stop is the better one.
    const error: unknown = source.request.signal?.aborted === true ? source.request.signal.reason : caught;
    if (error instanceof FencedError) throw error;
    const failure = judge(error);
    log.warn({ event: 'sync.stream_failed', stream: stream.name, kind: failure.kind, reason: failure.message }, 'A stream failed');
    return { report: await failPass(source, stream, pass, failure), failure };
  }
}

/** A stream whose parents could not be read is not read either: what it found would be neither fresh nor complete. */
export async function skipStream(source: Source, stream: Stream, parent: StreamReport): Promise<StreamOutcome> {
  const failure = { kind: 'parent_failed', message: `Not read, because ${parent.label} could not be read.` };
  const report = await withTenant(source.tenantId, async (tx) => {
    await openStreamBooks(tx, source.tenantId, source.runId, stream.name, newId());
    return closeStreamBooks(tx, source, stream, 'failed', failure);
  });
  return { report, failure: { ...failure, stopsConnection: false, needsReconnect: false, resetsCursor: false } };
}

function readPages(source: Source, stream: Stream, pass: Pass): AsyncIterable<Page> {
  const context: ReadContext<unknown> = {
    http: source.http,
    settings: source.settings,
    secrets: source.secrets,
    // A resumed pass asks for the same window as when it began.
    now: pass.startedAt,
    span: pass.span,
    concurrency: source.provider.limits.concurrency,
    partitions: () => duePartitions(source, stream, pass),
  };
  return stream.read(context, pass.cursor);
}

function tell(source: Source, stream: Stream, pass: Pass, page: Page): void {
  source.request.onProgress?.({ stream: stream.label, pages: pass.pages, fetched: pass.books.fetched, expectedTotal: page.expectedTotal ?? null });
}
