import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { compareVersions } from '../../entities/compare.ts';
import { type StreamOrigin, type Rewrites } from '../../entities/incoming.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { patiently } from '../../platform/db/retry.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { newId } from '../../platform/id.ts';
import { applyRewrites } from '../apply.ts';
import { versionsWithMirrors } from '../pushed-copies.ts';
import { recountRollups } from '../recount.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { ahead } from '../../platform/prefetch.ts';
import { closeStreamBooks, openStreamBooks } from '../counters.ts';
import { holdRun } from '../lease.ts';
import { SliceOver } from '../failures.ts';
import { streamStates, syncRunStreams } from '../../schema/sync.ts';
import { ofState } from '../state.ts';
import type { Books, Stream, StreamReport } from '../types.ts';
import { putAside } from './rejections.ts';
import { prepareBatch, type Batch } from './batch.ts';
import { batchesOf } from './bodies.ts';
import type { PlannedPage } from './evidence.ts';
import { deleteGone, findGone } from './gone.ts';
import { planStream, recordsOf, type Plan } from './plan.ts';
import type { DamagedAnswer, HeldReplay, ReplayRequest, ReplaySource } from './types.ts';

/** What one transaction takes on. */
const batchSize = { pages: 400, bytes: 2_000_000 };

export interface StreamReplay {
  report: StreamReport;
  damaged: DamagedAnswer[];
}

/**
 * Replays one stream from where an earlier slice stands to its end. Throws SliceOver after a batch
 * when the slice is over.
 */
export async function replayStream(
  source: HeldReplay,
  stream: Stream,
  request: ReplayRequest,
  isOver: () => boolean,
): Promise<StreamReplay> {
  const behind = await patiently(() => openBooks(source, stream));
  const plan = await readTenant(source.tenantId, (tx) => planStream(tx, source, stream, request));
  const pages = plan.pages.filter((page) => behind === null || comesAfter(page, behind));
  const damaged: DamagedAnswer[] = [];
  const total = recordsOf(plan.pages);
  let fetched = total - recordsOf(pages);
  for await (const batch of ahead(prepared(source, stream, plan, pages))) {
    request.signal?.throwIfAborted();
    const books = await patiently(() =>
      withTenant(source.tenantId, (tx) => writeBatch(tx, source, stream, batch)),
    );
    failpoint('replay.batch');
    damaged.push(
      ...batch.damaged.map(({ id, receivedAt }) => ({
        stream: stream.name,
        snapshotId: id,
        receivedAt,
      })),
    );
    fetched += books.fetched;
    request.onProgress?.({
      stream: stream.label,
      pages: batch.pages.length,
      fetched,
      expectedTotal: total,
    });
    if (isOver() && batch.pages.at(-1) !== pages.at(-1)) throw new SliceOver();
  }
  const report = await patiently(() =>
    withTenant(source.tenantId, (tx) => closeBooks(tx, source, stream, plan, damaged)),
  );
  return { report, damaged };
}

/** Reads and translates batch by batch, as they are asked for. */
export async function* prepared(
  source: ReplaySource,
  stream: Stream,
  plan: Plan,
  pages: PlannedPage[],
): AsyncGenerator<Batch> {
  for (const each of batchesOf(pages, batchSize)) yield prepareBatch(source, stream, plan, each);
}

export const placeOf = (
  { tenantId, connectionId, provider, timeZone }: ReplaySource,
  { name: stream }: Stream,
): StreamOrigin => ({ tenantId, connectionId, provider: provider.key, stream, timeZone });

/** The books of a batch: fetched = inserted + changed + unchanged + rejected. */
export function bookOf(batch: Batch, { inserts, updates, unchanged }: Rewrites): Books {
  const rejected = batch.rejected.length;
  const counts = { inserted: inserts.length, changed: updates.length, unchanged, rejected };
  return {
    ...counts,
    pages: batch.pages.length - batch.damaged.length,
    fetched: inserts.length + updates.length + unchanged + rejected,
    deleted: 0,
  };
}

const position = z.object({ receivedAt: z.coerce.date(), pageNo: z.number(), id: z.string() });
type Position = z.output<typeof position>;

function comesAfter(page: PlannedPage, behind: Position): boolean {
  const apart =
    page.receivedAt.getTime() - behind.receivedAt.getTime() || page.pageNo - behind.pageNo;
  return apart > 0 || (apart === 0 && page.id > behind.id);
}

/**
 * Opens the stream's books, or goes on with those of an earlier slice: the answer is where that one
 * ended.
 */
function openBooks(source: HeldReplay, stream: Stream): Promise<Position | null> {
  return withTenant(source.tenantId, async (tx) => {
    await holdRun(tx, source.tenantId, source);
    await openStreamBooks(tx, source, stream, { id: newId(), mode: 'replay' });
    const [books] = await tx
      .select({ replayedTo: syncRunStreams.replayedTo })
      .from(syncRunStreams)
      .where(ofBooks(source, stream));
    return position.safeParse(books?.replayedTo).data ?? null;
  });
}

/**
 * One batch: rows, rollups, what is set aside, books and checkpoint in one transaction, which takes
 * turns with whoever mends records of the stream.
 */
async function writeBatch(
  tx: Tx,
  source: HeldReplay,
  stream: Stream,
  batch: Batch,
): Promise<Books> {
  await hold(tx, source, stream);
  const place = placeOf(source, stream);
  const rewrites = await compareVersions(
    tx,
    stream.entity,
    place,
    await versionsWithMirrors(tx, place, stream.entity, batch.versions),
  );
  await applyRewrites(tx, place, stream.entity, rewrites);
  await putAside(tx, source, stream, batch);
  const books = bookOf(batch, rewrites);
  const { pages, fetched, inserted, changed, unchanged, rejected } = syncRunStreams;
  const last = batch.pages.at(-1);
  await tx
    .update(syncRunStreams)
    .set({
      pages: sql`${pages} + ${books.pages}`,
      fetched: sql`${fetched} + ${books.fetched}`,
      inserted: sql`${inserted} + ${books.inserted}`,
      changed: sql`${changed} + ${books.changed}`,
      unchanged: sql`${unchanged} + ${books.unchanged}`,
      rejected: sql`${rejected} + ${books.rejected}`,
      ...(last !== undefined && {
        replayedTo: { receivedAt: last.receivedAt, pageNo: last.pageNo, id: last.id },
      }),
    })
    .where(ofBooks(source, stream));
  return books;
}

async function hold(tx: Tx, source: HeldReplay, stream: Stream): Promise<void> {
  await tx
    .select({ version: streamStates.version })
    .from(streamStates)
    .where(ofState(source, stream))
    .for('update');
  await holdRun(tx, source.tenantId, source);
}

/**
 * Deletes what is gone, makes sure that the rollups are the sums of the rows, and closes the books.
 */
async function closeBooks(
  tx: Tx,
  source: HeldReplay,
  stream: Stream,
  plan: Plan,
  damaged: readonly DamagedAnswer[],
): Promise<StreamReport> {
  await hold(tx, source, stream);
  const gone = await findGone(tx, source, stream, plan);
  if (gone !== undefined) {
    await deleteGone(tx, source, stream, gone);
    await tx
      .update(syncRunStreams)
      .set({ deleted: gone.count, heldBack: gone.heldBack })
      .where(ofBooks(source, stream));
  }
  await recountRollups(tx, stream.entity, source.tenantId);
  const message = messageOf(damaged.length, gone?.heldBack ?? 0);
  return message === ''
    ? closeStreamBooks(tx, source, stream, 'success')
    : closeStreamBooks(tx, source, stream, 'partial', { kind: 'incomplete', message });
}

function messageOf(damaged: number, heldBack: number): string {
  const parts = [];
  if (damaged > 0)
    parts.push(
      `${damaged} stored ${damaged === 1 ? 'answer is' : 'answers are'} damaged; the records on ${damaged === 1 ? 'it' : 'them'} were left as they are.`,
    );
  if (heldBack > 0)
    parts.push(
      `${heldBack} records are not listed any more; that is so much that nothing was deleted.`,
    );
  return parts.join(' ');
}

const ofBooks = ({ tenantId, runId }: HeldReplay, { name }: Stream) =>
  and(
    eq(syncRunStreams.tenantId, tenantId),
    eq(syncRunStreams.runId, runId),
    eq(syncRunStreams.stream, name),
  );
