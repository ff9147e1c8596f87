import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { compareVersions } from '../../entities/compare.ts';
import { type StreamOrigin, type Rewrites } from '../../entities/incoming.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { failpoint } from '../../platform/failpoint.ts';
import { newId } from '../../platform/id.ts';
import { applyRewrites, applyStatedLinks } from '../apply.ts';
import { lockDealCopies } from '../links/deal-copies.ts';
import { listStating } from '../links/stated.ts';
import { resolvePushedCopyVersions } from '../pushed-copies.ts';
import { recountSummaries } from '../recount.ts';
import { readTenant, retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { prefetch } from '../../platform/prefetch.ts';
import { closeStreamCounters, openStreamCounters } from '../counters.ts';
import { assertLease } from '../lease.ts';
import { SliceExpiredError } from '../failures.ts';
import { syncRunStreams } from '../../schema/sync.ts';
import { lockStream } from '../state.ts';
import { readSuppressionVersion } from '../suppression/suppression.ts';
import { toStreamKey } from '../stream-key.ts';
import type { StreamCounters, Stream, StreamReport } from '../types.ts';
import { recordReplayRejections } from '../rejections/replay.ts';
import { prepareBatch, type Batch } from './batch.ts';
import { splitIntoBatches } from './parsed-pages.ts';
import type { PlannedPage } from './evidence.ts';
import { deleteAbsentRows, findAbsentRows } from './absent-rows.ts';
import { planStream, countRecords, type ReplayPlan } from './plan.ts';
import type { DamagedResponse, LeasedReplay, ReplayRequest, ReplaySource } from './types.ts';

/** The most that one transaction replays: pages, and bytes of bodies before compression. */
const batchSize = { pages: 400, bytes: 2_000_000 };

export interface StreamReplay {
  report: StreamReport;
  damaged: DamagedResponse[];
}

/**
 * Replays one stream to its end, from where an earlier slice stopped. Throws SliceExpiredError
 * after a batch when the time of the slice is over.
 */
export async function replayStream(
  source: LeasedReplay,
  stream: Stream,
  request: ReplayRequest,
  isOver: () => boolean,
): Promise<StreamReplay> {
  const resumeAfter = await openCounters(source, stream);
  const plan = await readTenant(source.tenantId, (tx) => planStream(tx, source, stream, request));
  const pages = plan.pages.filter((page) => resumeAfter === null || isAfter(page, resumeAfter));
  const damaged: DamagedResponse[] = [];
  const total = countRecords(plan.pages);
  let fetched = total - countRecords(pages);
  for await (const batch of prefetch(prepareBatches(source, stream, plan, pages))) {
    request.signal?.throwIfAborted();
    const counters = await retryInTenant(source.tenantId, (tx) =>
      writeBatch(tx, source, stream, plan, batch),
    );
    failpoint('replay.batch');
    damaged.push(
      ...batch.damaged.map(({ id, receivedAt }) => ({
        stream: stream.name,
        snapshotId: id,
        receivedAt,
      })),
    );
    fetched += counters.fetched;
    request.onProgress?.({
      stream: stream.label,
      pages: batch.pages.length,
      fetched,
      expectedTotal: total,
    });
    if (isOver() && batch.pages.at(-1) !== pages.at(-1)) throw new SliceExpiredError();
  }
  const report = await retryInTenant(source.tenantId, (tx) =>
    closeCounters(tx, source, stream, plan, damaged),
  );
  return { report, damaged };
}

/** Reads and translates the pages batch by batch, as the caller consumes them. */
export async function* prepareBatches(
  source: ReplaySource,
  stream: Stream,
  plan: ReplayPlan,
  pages: PlannedPage[],
): AsyncGenerator<Batch> {
  for (const each of splitIntoBatches(pages, batchSize))
    yield prepareBatch(source, stream, plan, each);
}

export const toOrigin = (
  { tenantId, connectionId, provider, timeZone }: ReplaySource,
  { name: stream }: Stream,
): StreamOrigin => ({ tenantId, connectionId, provider: provider.key, stream, timeZone });

/** The counters of a batch: fetched = inserted + changed + unchanged + rejected. */
export function countBatch(
  batch: Batch,
  { inserts, updates, unchanged }: Rewrites,
): StreamCounters {
  const rejected = batch.rejected.length;
  const counts = { inserted: inserts.length, changed: updates.length, unchanged, rejected };
  return {
    ...counts,
    pages: batch.pages.length - batch.damaged.length,
    fetched: inserts.length + updates.length + unchanged + rejected,
    deleted: 0,
  };
}

const positionSchema = z.object({
  receivedAt: z.coerce.date(),
  pageNo: z.number(),
  id: z.string(),
});
type Position = z.output<typeof positionSchema>;

function isAfter(page: PlannedPage, resumeAfter: Position): boolean {
  const apart =
    page.receivedAt.getTime() - resumeAfter.receivedAt.getTime() ||
    page.pageNo - resumeAfter.pageNo;
  return apart > 0 || (apart === 0 && page.id > resumeAfter.id);
}

/**
 * Opens the stream's counters, or reopens those of an earlier slice. Returns where that slice
 * ended; null when there was none.
 */
function openCounters(source: LeasedReplay, stream: Stream): Promise<Position | null> {
  return retryInTenant(source.tenantId, async (tx) => {
    await assertLease(tx, source.tenantId, source);
    await openStreamCounters(tx, source, stream, { id: newId(), mode: 'replay' });
    const [counters] = await tx
      .select({ replayedTo: syncRunStreams.replayedTo })
      .from(syncRunStreams)
      .where(whereCounters(source, stream));
    return positionSchema.safeParse(counters?.replayedTo).data ?? null;
  });
}

/**
 * Writes one batch in one transaction: rows, rollups, rejections, counters and the checkpoint. The
 * lock on the stream makes it take turns with people who correct or retry records.
 */
async function writeBatch(
  tx: Tx,
  source: LeasedReplay,
  stream: Stream,
  { suppression }: ReplayPlan,
  batch: Batch,
): Promise<StreamCounters> {
  await lockStreamAndRun(tx, source, stream);
  // Somebody was erased after the batch was read: the next slice reads it again.
  if ((await readSuppressionVersion(tx, source.tenantId)) !== suppression.version)
    throw new SliceExpiredError();
  const origin = toOrigin(source, stream);
  const stating = listStating([...batch.versions.values()].map(({ incoming }) => incoming));
  if (stream.entity === 'opportunity' || stating.size > 0)
    await lockDealCopies(tx, source.tenantId);
  const rewrites = await compareVersions(
    tx,
    stream.entity,
    origin,
    await resolvePushedCopyVersions(tx, origin, stream.entity, batch.versions),
  );
  await applyRewrites(tx, origin, stream.entity, rewrites);
  await applyStatedLinks(tx, origin, stream.entity, [...stating.values()]);
  await recordReplayRejections(tx, toStreamKey(source, stream), source.runId, batch);
  const counters = countBatch(batch, rewrites);
  const { pages, fetched, inserted, changed, unchanged, rejected } = syncRunStreams;
  const last = batch.pages.at(-1);
  await tx
    .update(syncRunStreams)
    .set({
      pages: sql`${pages} + ${counters.pages}`,
      fetched: sql`${fetched} + ${counters.fetched}`,
      inserted: sql`${inserted} + ${counters.inserted}`,
      changed: sql`${changed} + ${counters.changed}`,
      unchanged: sql`${unchanged} + ${counters.unchanged}`,
      rejected: sql`${rejected} + ${counters.rejected}`,
      ...(last !== undefined && {
        replayedTo: { receivedAt: last.receivedAt, pageNo: last.pageNo, id: last.id },
      }),
    })
    .where(whereCounters(source, stream));
  return counters;
}

async function lockStreamAndRun(tx: Tx, source: LeasedReplay, stream: Stream): Promise<void> {
  await lockStream(tx, toStreamKey(source, stream));
  await assertLease(tx, source.tenantId, source);
}

/**
 * Deletes the rows that are gone, recounts the rollups from the rows, and closes the counters.
 */
async function closeCounters(
  tx: Tx,
  source: LeasedReplay,
  stream: Stream,
  plan: ReplayPlan,
  damaged: readonly DamagedResponse[],
): Promise<StreamReport> {
  await lockStreamAndRun(tx, source, stream);
  const absent = await findAbsentRows(tx, source, stream, plan);
  if (absent !== undefined) {
    await deleteAbsentRows(tx, source, stream, absent);
    await tx
      .update(syncRunStreams)
      .set({ deleted: absent.count, heldBack: absent.heldBack })
      .where(whereCounters(source, stream));
  }
  await recountSummaries(tx, stream.entity, source.tenantId);
  const message = formatMessage(damaged.length, absent?.heldBack ?? 0);
  return message === ''
    ? closeStreamCounters(tx, source, stream, 'success')
    : closeStreamCounters(tx, source, stream, 'partial', { kind: 'incomplete', message });
}

function formatMessage(damaged: number, heldBack: number): string {
  const parts = [];
  if (damaged > 0)
    parts.push(
      damaged === 1
        ? '1 stored response is damaged. The records in it were left as they are.'
        : `${damaged} stored responses are damaged. The records in them were left as they are.`,
    );
  if (heldBack > 0)
    parts.push(
      `${heldBack} records are no longer listed. Because that is unusually many, nothing was ` +
        'deleted.',
    );
  return parts.join(' ');
}

const whereCounters = ({ tenantId, runId }: LeasedReplay, { name }: Stream) =>
  and(
    eq(syncRunStreams.tenantId, tenantId),
    eq(syncRunStreams.runId, runId),
    eq(syncRunStreams.stream, name),
  );
