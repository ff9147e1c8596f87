import { sql } from 'drizzle-orm';
import { softDelete, upsertRecords, type Origin } from '../entities/upsert.ts';
import { patiently } from '../platform/db/retry.ts';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import type { Page } from '../providers/types.ts';
import { refreshRollups } from '../rollups/registry.ts';
import { packBody, storeSnapshot, type PackedBody } from '../snapshots/store.ts';
import { withTenant } from '../tenancy/with-tenant.ts';
import { absentFromPartition } from './absent.ts';
import { holdState } from './pass.ts';
import { setAside, settle } from './set-aside.ts';
import { translate, type Translated } from './translate.ts';
import type { Books, Pass, Source, Stream } from './types.ts';

/** A page with all the work done that needs no database. */
export interface PreparedPage {
  page: Page;
  body: PackedBody;
  translated: Translated;
}

/** Packs and translates each page as it comes, so that a reader ahead does it while the page before is being written. */
export async function* prepared(source: Source, stream: Stream, pages: AsyncIterable<Page>): AsyncGenerator<PreparedPage> {
  for await (const page of pages) {
    const packing = packBody(page.answer.body);
    yield { page, translated: translate(stream, source.settings, page), body: await packing };
  }
}

/**
 * Stores one page: raw snapshot, records, rollups, books and the new cursor in one transaction, so that a crash
 * anywhere loses nothing and repeats nothing. Moves `pass` on when it is done.
 */
export async function storePage(source: Source, stream: Stream, pass: Pass, { page, body, translated }: PreparedPage): Promise<void> {
  const books = await patiently(() => withTenant(source.tenantId, (tx) => writePage(tx, source, stream, pass, page, body, translated)));
  pass.version += 1;
  pass.pages += 1;
  pass.cursor = page.cursor;
  for (const name of Object.keys(books) as (keyof Books)[]) pass.books[name] += books[name];
}

async function writePage(tx: Tx, source: Source, stream: Stream, pass: Pass, page: Page, body: PackedBody, translated: Translated): Promise<Books> {
  const origin = originOf(source, stream, page);
  if ((await holdState(tx, source, stream, pass)) === 'done') return bookedBefore(page, translated);
  await storeSnapshot(tx, snapshotMeta(source, stream, pass, page, origin, translated), page.answer, body);
  const upserted = await upsertRecords(tx, stream.entity, origin, translated.incoming);
  const gone = await removeFromPartition(tx, stream, origin, page, translated);
  await setAside(tx, placeOf(source, origin), translated.rejected);
  if (pass.hasErrors) await settle(tx, placeOf(source, origin), translated.incoming.map(({ record }) => record.externalId));
  await refreshRollups(tx, stream.entity, source.tenantId, [...upserted.changes, ...gone]);
  const books = {
    pages: 1, fetched: page.items.length, inserted: upserted.inserted, changed: upserted.changed,
    unchanged: upserted.unchanged, rejected: translated.rejected.length, deleted: gone.length,
  };
  await writeBooks(tx, source, stream, pass, page, books);
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
    passId: pass.id, pageNo: pass.pages, partition: page.partition ?? null, externalIds: translated.seen,
  };
}

const placeOf = (source: Source, { tenantId, connectionId, stream, snapshotId }: Origin) => ({ tenantId, connectionId, stream, snapshotId, runId: source.runId });

/** The books that the database already holds for this page, as far as this process has to know them. */
function bookedBefore(page: Page, translated: Translated): Books {
  const rejected = translated.rejected.length;
  return { pages: 1, fetched: page.items.length, inserted: 0, changed: 0, unchanged: page.items.length - rejected, rejected, deleted: 0 };
}

/** A page that is the complete list of one parent also says which of the parent's items are gone. */
async function removeFromPartition(tx: Tx, stream: Stream, origin: Origin, page: Page, translated: Translated) {
  const condition = absentFromPartition(stream, page, translated.seen);
  return condition === undefined ? [] : softDelete(tx, stream.entity, origin, condition, origin.receivedAt);
}

async function writeBooks(tx: Tx, source: Source, stream: Stream, pass: Pass, page: Page, books: Books): Promise<void> {
  await tx.execute(sql`
    with state as (
      update stream_states set cursor = ${JSON.stringify(page.cursor)}::jsonb, pass_pages = pass_pages + 1, version = version + 1, touched_at = now()
      where tenant_id = ${source.tenantId} and connection_id = ${source.connectionId} and stream = ${stream.name} and version = ${pass.version}
    ), run as (
      update sync_runs set heartbeat_at = now() where tenant_id = ${source.tenantId} and id = ${source.runId}
    )
    update sync_run_streams set
      pages = pages + 1, fetched = fetched + ${books.fetched}, inserted = inserted + ${books.inserted}, changed = changed + ${books.changed},
      unchanged = unchanged + ${books.unchanged}, rejected = rejected + ${books.rejected}, deleted = deleted + ${books.deleted}
    where tenant_id = ${source.tenantId} and run_id = ${source.runId} and stream = ${stream.name}`);
}
