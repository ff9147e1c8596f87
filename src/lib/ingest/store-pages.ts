import type { Change } from '../entities/definition.ts';
import { type Incoming, type Origin } from '../entities/incoming.ts';
import type { Tx } from '../platform/db/pool.ts';
import { patiently } from '../platform/db/retry.ts';
import { failpoint } from '../platform/failpoint.ts';
import { newId } from '../platform/id.ts';
import type { Page } from '../connectors/contract/source.ts';
import { recordPage } from '../connections/metrics.ts';
import { applyDeletion, applyPages } from './apply.ts';
import { packBody, storeSnapshots, type PackedBody } from './snapshots/store.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { absentFromPartitions, deletedOn } from './deletions.ts';
import { bookPages } from './counters.ts';
import { readUpTo } from './intervals.ts';
import { setAside, settle } from './rejections/record.ts';
import { holdState } from './state.ts';
import { translate, type Translated } from './translate.ts';
import type { Books, Pass, Source, Stream } from './types.ts';

/** A page with all the work done that needs no database. */
export interface PreparedPage {
  page: Page;
  body: PackedBody;
  translated: Translated;
}

/**
 * Packs and translates each page as it comes, so that a reader ahead does it while the page before
 * is being written.
 */
export async function* prepared(
  source: Source,
  stream: Stream,
  pass: Pass,
  pages: AsyncIterable<Page>,
): AsyncGenerator<PreparedPage> {
  for await (const page of pages) {
    failpoint('fetch.after');
    const packing = packBody(page.answer.body);
    yield {
      page,
      translated: translate(stream, source.settings, page, pass.corrections),
      body: await packing,
    };
  }
}

/**
 * At most so much is stored in one transaction: as many items as five pages of a hundred, thirty
 * answers with hardly any, or four megabytes.
 */
export const mostAtOnce = 500;

/**
 * What a page adds to a transaction. Nothing is added after one that says what is deleted: it
 * speaks of the pages before it.
 */
export function weightOf({ page, body }: PreparedPage): number {
  if (page.deleted !== undefined && page.deleted.length > 0) return mostAtOnce;
  return Math.max(page.items.length, mostAtOnce / 30, body.size / 8192);
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
  for (const { page, translated } of ready) noteProgress(pass, stream, page, translated);
  const books = await patiently(() =>
    withTenant(source.tenantId, (tx) => writePages(tx, source, stream, pass, ready)),
  );
  failpoint('commit.after');
  recordPage({
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    inserted: books.inserted,
    changed: books.changed,
  });
  pass.version += 1;
  pass.pages += ready.length;
  pass.cursor = ready.at(-1)?.page.cursor ?? pass.cursor;
  for (const name of Object.keys(books) as (keyof Books)[]) pass.books[name] += books[name];
}

/** What the end of the pass has to know of its pages. */
function noteProgress(pass: Pass, stream: Stream, page: Page, { incoming }: Translated): void {
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

type Placed = PreparedPage & { origin: Origin };

async function writePages(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
  ready: readonly PreparedPage[],
): Promise<Books> {
  const placed = ready.map((each): Placed => ({
    ...each,
    origin: originOf(source, stream, each.page),
  }));
  const last = placed.at(-1);
  if (last === undefined || (await holdState(tx, source, stream, pass)) === 'done')
    return bookedBefore(ready);
  await storeSnapshots(
    tx,
    placed.map((each, n) => ({
      meta: snapshotMeta(source, stream, pass, each, n),
      answer: each.page.answer,
      body: each.body,
    })),
  );
  failpoint('upsert.before');
  const place = {
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    provider: source.provider.key,
    stream: stream.name,
  };
  const { changes, inserted, changed, unchanged } = await applyPages(
    tx,
    place,
    stream.entity,
    placed.map(({ origin, translated }) => ({ origin, incoming: translated.incoming })),
  );
  failpoint('upsert.after');
  const deleted = await removeGone(tx, stream, placed, last);
  await sortOut(tx, source, pass, placed);
  const books = { ...countsOf(ready), inserted, changed, unchanged, deleted };
  failpoint('cursor.before');
  await bookPages(
    tx,
    source,
    stream,
    pass,
    last.page,
    books,
    missedBy(
      pass,
      ready.flatMap(({ translated }) => translated.incoming),
      changes,
    ),
  );
  failpoint('commit.before');
  return books;
}

/** Page by page: what one sets aside a later one may settle, and the other way round. */
async function sortOut(
  tx: Tx,
  source: Source,
  pass: Pass,
  placed: readonly Placed[],
): Promise<void> {
  for (const { origin, translated } of placed) {
    await setAside(tx, placeOf(source, origin), translated.rejected);
    if (pass.hasErrors)
      await settle(
        tx,
        placeOf(source, origin),
        translated.incoming.map(({ record }) => record.externalId),
      );
  }
}

function originOf(source: Source, stream: Stream, page: Page): Origin {
  return {
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    provider: source.provider.key,
    stream: stream.name,
    snapshotId: newId(),
    timeZone: source.timeZone,
    receivedAt: page.answer.receivedAt,
  };
}

function snapshotMeta(
  source: Source,
  stream: Stream,
  pass: Pass,
  { page, origin, translated }: Placed,
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
    externalIds: translated.seen,
    deletedIds: page.deleted ?? [],
  };
}

const placeOf = (source: Source, { tenantId, connectionId, stream, snapshotId }: Origin) => ({
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
function bookedBefore(ready: readonly PreparedPage[]): Books {
  const counts = countsOf(ready);
  return {
    ...counts,
    inserted: 0,
    changed: 0,
    unchanged: counts.fetched - counts.rejected,
    deleted: 0,
  };
}

function countsOf(ready: readonly PreparedPage[]): Pick<Books, 'pages' | 'fetched' | 'rejected'> {
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
async function removeGone(
  tx: Tx,
  stream: Stream,
  placed: readonly Placed[],
  { origin, page }: Placed,
): Promise<number> {
  const condition =
    absentFromPartitions(
      stream,
      placed.map((each) => each.page),
      placed.flatMap(({ translated }) => translated.seen),
    ) ?? deletedOn(stream, page);
  return condition === undefined
    ? 0
    : applyDeletion(tx, origin, stream.entity, condition, origin.receivedAt);
}

/** How many changes a pass over everything found that passes over changes should have told. */
function missedBy(
  { span, intervals }: Pass,
  incoming: readonly Incoming[],
  changes: readonly Change[],
): number {
  const known = span.mode === 'reconcile' ? readUpTo(intervals) : undefined;
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
