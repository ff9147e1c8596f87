import { recordPage } from '../connections/metrics.ts';
import type { Page } from '../connectors/contract/source.ts';
import type { Origin } from '../entities/incoming.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import type { Tx } from '../platform/db/pool.ts';
import { failpoint } from '../platform/failpoint.ts';
import { newId } from '../platform/id.ts';
import { applyDeletionOf, applyPages } from './apply.ts';
import { countCommittedPages, countMissed, countPages, readSourceTime } from './count-pages.ts';
import { commitPages } from './counters.ts';
import { requestDeletedRecords } from './deleted-records.ts';
import { findAbsentFromPartitions } from './deletions.ts';
import { preparePage, type PreparedPage } from './prepare-pages.ts';
import { recordPageRejections } from './rejections/record.ts';
import { storeSnapshots, type NewSnapshot } from './snapshots/store.ts';
import { lockStreamState } from './state.ts';
import { noteKeptOut } from './suppression/page.ts';
import { loadSuppression, readSuppressionVersion } from './suppression/suppression.ts';
import type { TranslatedPage } from './translate.ts';
import type { StreamCounters, Pass, Source, Stream } from './types.ts';

/**
 * Stores the pages that are ready in one transaction: raw snapshots, records, rollups, counters and
 * the new cursor, so that a crash anywhere loses nothing and repeats nothing. Advances `pass` once
 * they are stored.
 */
export async function storePages(
  source: Source,
  stream: Stream,
  pass: Pass,
  ready: readonly PreparedPage[],
): Promise<void> {
  for (const { page, translated } of ready) noteProgress(pass, stream, page, translated);
  const counters = await writeCurrent(source, stream, pass, ready);
  failpoint('commit.after');
  const { tenantId, connectionId } = source;
  const { inserted, changed } = counters;
  recordPage({ tenantId, connectionId, inserted, changed });
  advancePass(pass, ready, counters);
}

/** Thrown when somebody was erased after pages were prepared; they are prepared again. */
class SuppressionChangedError extends Error {
  override name = 'SuppressionChanged';
}

/** Writes pages without anybody who was erased, even between their arrival and this write. */
async function writeCurrent(
  source: Source,
  stream: Stream,
  pass: Pass,
  ready: readonly PreparedPage[],
): Promise<StreamCounters> {
  for (let pages = ready; ;) {
    const current = pages;
    try {
      return await retryInTenant(source.tenantId, (tx) =>
        writePages(tx, source, stream, pass, current),
      );
    } catch (error) {
      if (!(error instanceof SuppressionChangedError)) throw error;
    }
    pass.suppression = await retryInTenant(source.tenantId, (tx) =>
      loadSuppression(tx, source.tenantId),
    );
    pages = await Promise.all(
      ready.map(({ received }) => preparePage(source, stream, pass, received)),
    );
  }
}

/** Notes in the pass what its end needs to know of each page. */
function noteProgress(
  pass: Pass,
  stream: Stream,
  { expectedTotal, token }: Page,
  { incoming }: TranslatedPage,
): void {
  if (expectedTotal !== undefined)
    pass.expected = {
      total: expectedTotal,
      steady:
        pass.expected === null || (pass.expected.steady && pass.expected.total === expectedTotal),
    };
  if (token !== undefined) pass.highWater = token;
  if (stream.changes?.by !== 'time') return;
  const times = incoming.flatMap(({ record }) => readSourceTime(record) ?? []);
  if (times.length > 0) pass.newest = Math.max(pass.newest ?? Number.NEGATIVE_INFINITY, ...times);
  pass.highWater = pass.newest === undefined ? null : { newest: pass.newest };
}

function advancePass(pass: Pass, ready: readonly PreparedPage[], counters: StreamCounters): void {
  pass.version += 1;
  pass.pages += ready.length;
  pass.cursor = ready.at(-1)?.page.cursor ?? pass.cursor;
  for (const name of Object.keys(counters) as (keyof StreamCounters)[])
    pass.counters[name] += counters[name];
}

type PageWithOrigin = PreparedPage & { origin: Origin };

async function writePages(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
  ready: readonly PreparedPage[],
): Promise<StreamCounters> {
  const pages = ready.map((each): PageWithOrigin => ({
    ...each,
    origin: toOrigin(source, stream, each.page),
  }));
  const last = pages.at(-1);
  if (last === undefined || (await lockStreamState(tx, source, stream, pass)) === 'done')
    return countCommittedPages(ready);
  const version = await readSuppressionVersion(tx, source.tenantId);
  if (ready.some(({ suppressed }) => suppressed !== version)) throw new SuppressionChangedError();
  await noteKeptOut(
    tx,
    source.tenantId,
    ready.map(({ keptOut }) => keptOut),
  );
  await storeSnapshots(
    tx,
    pages.map((each, n) => toSnapshot(source, pass, each, n)),
  );
  failpoint('upsert.before');
  const incoming = pages.map(({ origin, translated }) => ({
    origin,
    incoming: translated.incoming,
  }));
  const { inserts, updates, changes, unchanged } = await applyPages(
    tx,
    last.origin,
    stream.entity,
    incoming,
  );
  failpoint('upsert.after');
  const deleted = await applyPageDeletions(tx, stream, pages, last);
  await recordPageRejections(tx, source.runId, pages, pass.hasErrors);
  const counters = {
    ...countPages(ready),
    inserted: inserts.length,
    changed: updates.length,
    unchanged,
    deleted,
  };
  failpoint('cursor.before');
  const records = incoming.flatMap((each) => each.incoming);
  const missed = countMissed(pass, records, changes);
  await commitPages(tx, source, stream, pass, last.page, counters, missed);
  failpoint('commit.before');
  return counters;
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

/** The raw snapshot of the page at position `n` of this transaction. */
function toSnapshot(
  { runId }: Source,
  pass: Pass,
  { page, body, origin, translated }: PageWithOrigin,
  n: number,
): NewSnapshot {
  return {
    meta: {
      id: origin.snapshotId,
      tenantId: origin.tenantId,
      connectionId: origin.connectionId,
      runId,
      stream: origin.stream,
      passId: pass.id,
      pageNo: pass.pages + n,
      partition: page.partition ?? null,
      externalIds: translated.listedIds,
      deletedIds: page.deleted ?? [],
    },
    answer: page.response,
    body,
  };
}

/**
 * Deletes (softly) what the pages themselves show to be gone: the items that the last page names as
 * deleted, or, when each page is the complete list of one parent, the parent's items that are not
 * on it.
 */
async function applyPageDeletions(
  tx: Tx,
  stream: Stream,
  pages: readonly PageWithOrigin[],
  { origin, page }: PageWithOrigin,
): Promise<number> {
  const absent = await findAbsentFromPartitions(
    tx,
    origin,
    stream,
    pages.map((each) => each.page),
    pages.flatMap(({ translated }) => translated.listedIds),
  );
  if (stream.entity === 'lead' && page.deleted !== undefined)
    await requestDeletedRecords(tx, origin, page.deleted);
  const gone = [...absent, ...(page.deleted ?? [])];
  return applyDeletionOf(tx, origin, stream.entity, gone, origin.receivedAt);
}
