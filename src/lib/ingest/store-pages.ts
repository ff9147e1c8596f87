import type { Change } from '../entities/definition.ts';
import { type Incoming, type Origin } from '../entities/incoming.ts';
import type { Tx } from '../platform/db/pool.ts';
import { failpoint } from '../platform/failpoint.ts';
import { newId } from '../platform/id.ts';
import type { Page } from '../connectors/contract/source.ts';
import { recordPage } from '../connections/metrics.ts';
import { applyDeletion, applyPages } from './apply.ts';
import { packBody, storeSnapshots, type PackedBody } from './snapshots/store.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { whereAbsentFromPartitions, whereDeletedOnPage } from './deletions.ts';
import { commitPages } from './counters.ts';
import { findCoveredUntil } from './intervals.ts';
import { upsertRejections, resolveAccepted } from './rejections/record.ts';
import { lockStreamState } from './state.ts';
import { translatePage, type TranslatedPage } from './translate.ts';
import type { StreamCounters, Pass, Source, Stream } from './types.ts';

/** A page with all the work done that needs no database. */
export interface PreparedPage {
  page: Page;
  body: PackedBody;
  translated: TranslatedPage;
}

/**
 * Packs and translates each page as it comes, so that a reader ahead does it while the page before
 * is being written.
 */
export async function* preparePages(
  source: Source,
  stream: Stream,
  pass: Pass,
  pages: AsyncIterable<Page>,
): AsyncGenerator<PreparedPage> {
  for await (const page of pages) {
    failpoint('fetch.after');
    const packing = packBody(page.response.body);
    yield {
      page,
      translated: translatePage(stream, source.settings, page, pass.corrections),
      body: await packing,
    };
  }
}

/**
 * At most so much is stored in one transaction: as many items as five pages of a hundred, thirty
 * answers with hardly any, or four megabytes.
 */
export const maxBatchWeight = 500;

/**
 * What a page adds to a transaction. Nothing is added after one that says what is deleted: it
 * speaks of the pages before it.
 */
export function measureWeight({ page, body }: PreparedPage): number {
  if (page.deleted !== undefined && page.deleted.length > 0) return maxBatchWeight;
  return Math.max(page.items.length, maxBatchWeight / 30, body.size / 8192);
}

/**
 * Stores the pages that are ready: raw snapshots, records, rollups, books and the new cursor in one
 * transaction, so that a crash anywhere loses nothing and repeats nothing. Moves `pass` on when it
 * is done.
 */
export async function storePages(
  source: Source,
  stream: Stream,
  pass: Pass,
  ready: readonly PreparedPage[],
): Promise<void> {
  for (const { page, translated } of ready) updateProgress(pass, stream, page, translated);
  const counters = await retryInTenant(source.tenantId, (tx) =>
    writePages(tx, source, stream, pass, ready),
  );
  failpoint('commit.after');
  recordPage({
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    inserted: counters.inserted,
    changed: counters.changed,
  });
  pass.version += 1;
  pass.pages += ready.length;
  pass.cursor = ready.at(-1)?.page.cursor ?? pass.cursor;
  for (const name of Object.keys(counters) as (keyof StreamCounters)[])
    pass.counters[name] += counters[name];
}

/** What the end of the pass has to know of its pages. */
function updateProgress(
  pass: Pass,
  stream: Stream,
  page: Page,
  { incoming }: TranslatedPage,
): void {
  if (page.expectedTotal !== undefined)
    pass.expected = {
      total: page.expectedTotal,
      steady:
        pass.expected === null ||
        (pass.expected.steady && pass.expected.total === page.expectedTotal),
    };
  if (page.token !== undefined) pass.highWater = page.token;
  if (stream.changes?.by !== 'time') return;
  const times = incoming.flatMap(({ record }) =>
    'sourceUpdatedAt' in record && record.sourceUpdatedAt instanceof Date
      ? [record.sourceUpdatedAt.getTime()]
      : [],
  );
  if (times.length > 0) pass.newest = Math.max(pass.newest ?? Number.NEGATIVE_INFINITY, ...times);
  pass.highWater = pass.newest === undefined ? null : { newest: pass.newest };
}

type PageWithOrigin = PreparedPage & { origin: Origin };

async function writePages(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
  ready: readonly PreparedPage[],
): Promise<StreamCounters> {
  const originPages = ready.map((each): PageWithOrigin => ({
    ...each,
    origin: toOrigin(source, stream, each.page),
  }));
  const last = originPages.at(-1);
  if (last === undefined || (await lockStreamState(tx, source, stream, pass)) === 'done')
    return countCommittedPages(ready);
  await storeSnapshots(
    tx,
    originPages.map((each, n) => ({
      meta: toSnapshotMeta(source, stream, pass, each, n),
      answer: each.page.response,
      body: each.body,
    })),
  );
  failpoint('upsert.before');
  const streamKey = {
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    provider: source.provider.key,
    stream: stream.name,
  };
  const { changes, inserted, changed, unchanged } = await applyPages(
    tx,
    streamKey,
    stream.entity,
    originPages.map(({ origin, translated }) => ({ origin, incoming: translated.incoming })),
  );
  failpoint('upsert.after');
  const deleted = await applyPageDeletions(tx, stream, originPages, last);
  await recordRejections(tx, source, pass, originPages);
  const counters = { ...countPages(ready), inserted, changed, unchanged, deleted };
  failpoint('cursor.before');
  await commitPages(
    tx,
    source,
    stream,
    pass,
    last.page,
    counters,
    countMissed(
      pass,
      ready.flatMap(({ translated }) => translated.incoming),
      changes,
    ),
  );
  failpoint('commit.before');
  return counters;
}

/** Page by page: what one sets aside a later one may settle, and the other way round. */
async function recordRejections(
  tx: Tx,
  source: Source,
  pass: Pass,
  originPages: readonly PageWithOrigin[],
): Promise<void> {
  for (const { origin, translated } of originPages) {
    await upsertRejections(tx, toRejectionContext(source, origin), translated.rejected);
    if (pass.hasErrors)
      await resolveAccepted(
        tx,
        toRejectionContext(source, origin),
        translated.incoming.map(({ record }) => record.externalId),
      );
  }
}

function toOrigin(source: Source, stream: Stream, page: Page): Origin {
  return {
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    provider: source.provider.key,
    stream: stream.name,
    snapshotId: newId(),
    timeZone: source.timeZone,
    receivedAt: page.response.receivedAt,
  };
}

function toSnapshotMeta(
  source: Source,
  stream: Stream,
  pass: Pass,
  { page, origin, translated }: PageWithOrigin,
  n: number,
) {
  return {
    id: origin.snapshotId,
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    runId: source.runId,
    stream: stream.name,
    passId: pass.id,
    pageNo: pass.pages + n,
    partition: page.partition ?? null,
    externalIds: translated.visibleChanges,
    deletedIds: page.deleted ?? [],
  };
}

const toRejectionContext = (
  source: Source,
  { tenantId, connectionId, stream, snapshotId }: Origin,
) => ({
  tenantId,
  connectionId,
  stream,
  snapshotId,
  runId: source.runId,
});

/**
 * The books that the database already holds for these pages, as far as this process has to know
 * them.
 */
function countCommittedPages(ready: readonly PreparedPage[]): StreamCounters {
  const counts = countPages(ready);
  return {
    ...counts,
    inserted: 0,
    changed: 0,
    unchanged: counts.fetched - counts.rejected,
    deleted: 0,
  };
}

function countPages(
  ready: readonly PreparedPage[],
): Pick<StreamCounters, 'pages' | 'fetched' | 'rejected'> {
  const sum = (count: (each: PreparedPage) => number) =>
    ready.reduce((total, each) => total + count(each), 0);
  return {
    pages: ready.length,
    fetched: sum(({ page }) => page.items.length),
    rejected: sum(({ translated }) => translated.rejected.length),
  };
}

/**
 * Pages may themselves say which items are gone: those that the last one names, or what they, as
 * the complete lists of their parents, do not hold.
 */
async function applyPageDeletions(
  tx: Tx,
  stream: Stream,
  originPages: readonly PageWithOrigin[],
  { origin, page }: PageWithOrigin,
): Promise<number> {
  const condition =
    whereAbsentFromPartitions(
      stream,
      originPages.map((each) => each.page),
      originPages.flatMap(({ translated }) => translated.visibleChanges),
    ) ?? whereDeletedOnPage(stream, page);
  return condition === undefined
    ? 0
    : applyDeletion(tx, origin, stream.entity, condition, origin.receivedAt);
}

/** How many changes a pass over everything found that passes over changes should have told. */
function countMissed(
  { span, intervals }: Pass,
  incoming: readonly Incoming[],
  changes: readonly Change[],
): number {
  const known = span.mode === 'reconcile' ? findCoveredUntil(intervals) : undefined;
  if (known === undefined || changes.length === 0) return 0;
  const old = new Set(
    incoming.flatMap(({ record }) =>
      'sourceUpdatedAt' in record &&
      record.sourceUpdatedAt instanceof Date &&
      record.sourceUpdatedAt.getTime() <= known
        ? [record.externalId]
        : [],
    ),
  );
  return changes.filter(({ after }) => after !== null && old.has(after.externalId)).length;
}
