import type { Change } from '../entities/definition.ts';
import { softDelete, upsertRecords, type Origin } from '../entities/upsert.ts';
import type { Tx } from '../platform/db/pool.ts';
import { patiently } from '../platform/db/retry.ts';
import { failpoint } from '../platform/failpoint.ts';
import { newId } from '../platform/id.ts';
import type { Page } from '../providers/types.ts';
import { recordPage } from '../metrics.ts';
import { refreshRollups } from '../rollups/registry.ts';
import { packBody, storeSnapshot, type PackedBody } from '../snapshots/store.ts';
import { withTenant } from '../tenancy/with-tenant.ts';
import { absentFromPartition, deletedOn } from './absent.ts';
import { bookPage } from './books.ts';
import { readUpTo } from './intervals.ts';
import { setAside, settle } from './set-aside.ts';
import { holdState } from './state.ts';
import { translate, type Translated } from './translate.ts';
import type { Books, Pass, Source, Stream } from './types.ts';

/** A page with all the work done that needs no database. */
export interface PreparedPage {
  page: Page;
  body: PackedBody;
  translated: Translated;
}

/** Packs and translates each page as it comes, so that a reader ahead does it while the page before is being written. */
export async function* prepared(source: Source, stream: Stream, pass: Pass, pages: AsyncIterable<Page>): AsyncGenerator<PreparedPage> {
  for await (const page of pages) {
    failpoint('fetch.after');
    const packing = packBody(page.answer.body);
    yield { page, translated: translate(stream, source.settings, page, pass.corrections), body: await packing };
  }
}

/**
 * Stores one page: raw snapshot, records, rollups, books and the new cursor in one transaction, so that a crash
 * anywhere loses nothing and repeats nothing. Moves `pass` on when it is done.
 */
export async function storePage(source: Source, stream: Stream, pass: Pass, { page, body, translated }: PreparedPage): Promise<void> {
  noteProgress(pass, stream, page, translated);
  const books = await patiently(() => withTenant(source.tenantId, (tx) => writePage(tx, source, stream, pass, page, body, translated)));
  failpoint('commit.after');
  recordPage({ tenantId: source.tenantId, connectionId: source.connectionId, inserted: books.inserted, changed: books.changed });
  pass.version += 1;
  pass.pages += 1;
  pass.cursor = page.cursor;
  for (const name of Object.keys(books) as (keyof Books)[]) pass.books[name] += books[name];
}

/** What the end of the pass has to know of its pages. */
function noteProgress(pass: Pass, stream: Stream, page: Page, { incoming }: Translated): void {
  if (page.expectedTotal !== undefined) pass.expected = { total: page.expectedTotal, steady: pass.expected === null || (pass.expected.steady && pass.expected.total === page.expectedTotal) };
  if (page.token !== undefined) pass.highWater = page.token;
  if (stream.changes?.by !== 'time') return;
  const times = incoming.flatMap(({ record }) => ('sourceUpdatedAt' in record && record.sourceUpdatedAt instanceof Date ? [record.sourceUpdatedAt.getTime()] : []));
  if (times.length > 0) pass.newest = Math.max(pass.newest ?? Number.NEGATIVE_INFINITY, ...times);
  pass.highWater = pass.newest === undefined ? null : { newest: pass.newest };
}

async function writePage(tx: Tx, source: Source, stream: Stream, pass: Pass, page: Page, body: PackedBody, translated: Translated): Promise<Books> {
  const origin = originOf(source, stream, page);
  if ((await holdState(tx, source, stream, pass)) === 'done') return bookedBefore(page, translated);
  await storeSnapshot(tx, snapshotMeta(source, stream, pass, page, origin, translated), page.answer, body);
  failpoint('upsert.before');
  const upserted = await upsertRecords(tx, stream.entity, origin, translated.incoming);
  failpoint('upsert.after');
  const gone = await removeGone(tx, stream, origin, page, translated);
  await setAside(tx, placeOf(source, origin), translated.rejected);
  if (pass.hasErrors) await settle(tx, placeOf(source, origin), translated.incoming.map(({ record }) => record.externalId));
  await refreshRollups(tx, stream.entity, source.tenantId, [...upserted.changes, ...gone]);
  const books = {
    pages: 1, fetched: page.items.length, inserted: upserted.inserted, changed: upserted.changed,
    unchanged: upserted.unchanged, rejected: translated.rejected.length, deleted: gone.length,
  };
  failpoint('cursor.before');
  await bookPage(tx, source, stream, pass, page, books, missedBy(pass, translated, upserted.changes));
  failpoint('commit.before');
  return books;
}

function originOf(source: Source, stream: Stream, page: Page): Origin {
  return {
    tenantId: source.tenantId, connectionId: source.connectionId, provider: source.provider.key, stream: stream.name,
    snapshotId: newId(), timeZone: source.timeZone, receivedAt: page.answer.receivedAt,
  };
}

function snapshotMeta(source: Source, stream: Stream, pass: Pass, page: Page, origin: Origin, translated: Translated) {
  return {
    id: origin.snapshotId, tenantId: source.tenantId, connectionId: source.connectionId, runId: source.runId, stream: stream.name,
    passId: pass.id, pageNo: pass.pages, partition: page.partition ?? null, externalIds: translated.seen, deletedIds: page.deleted ?? [],
  };
}

const placeOf = (source: Source, { tenantId, connectionId, stream, snapshotId }: Origin) => ({ tenantId, connectionId, stream, snapshotId, runId: source.runId });

/** The books that the database already holds for this page, as far as this process has to know them. */
function bookedBefore(page: Page, translated: Translated): Books {
  const rejected = translated.rejected.length;
  return { pages: 1, fetched: page.items.length, inserted: 0, changed: 0, unchanged: page.items.length - rejected, rejected, deleted: 0 };
}

/** A page may itself say which items are gone: those that it names, or what it, as the complete list of one parent, does not hold. */
async function removeGone(tx: Tx, stream: Stream, origin: Origin, page: Page, translated: Translated): Promise<Change[]> {
  const condition = absentFromPartition(stream, page, translated.seen) ?? deletedOn(stream, page);
  return condition === undefined ? [] : softDelete(tx, stream.entity, origin, condition, origin.receivedAt);
}

/** How many changes a pass over everything found that passes over changes should have told. */
function missedBy({ span, intervals }: Pass, { incoming }: Translated, changes: readonly Change[]): number {
  const known = span.mode === 'reconcile' ? readUpTo(intervals) : undefined;
  if (known === undefined || changes.length === 0) return 0;
  const old = new Set(incoming.flatMap(({ record }) => ('sourceUpdatedAt' in record && record.sourceUpdatedAt instanceof Date && record.sourceUpdatedAt.getTime() <= known ? [record.externalId] : [])));
  return changes.filter(({ after }) => after !== null && old.has(after.externalId)).length;
}
