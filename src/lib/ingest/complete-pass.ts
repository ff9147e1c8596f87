import { sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { streamStates } from '../schema/sync.ts';
import { deleteAbsent } from './deletions.ts';
import { serializeIntervals } from './intervals.ts';
import { formatRejections } from './rejections/message.ts';
import {
  countOpenRejections,
  countRejectedWithoutId,
  resolveGoneRejections,
} from './rejections/pass.ts';
import { extendCoverage } from './span.ts';
import { whereStreamState } from './state.ts';
import { toStreamKey, whereStream } from './stream-key.ts';
import type { Pass, Source, Stream } from './types.ts';

/**
 * Completes a pass that reached the end of its stream: deletes what it did not list, and makes the
 * stream fresh as of the beginning of the pass. Returns in plain words what is incomplete; null
 * when nothing is.
 */
export async function completePass(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
): Promise<string | null> {
  const missing = await countMissing(tx, source, stream, pass);
  const showsAll = pass.span.mode !== 'changes' && !pass.hasGap && missing === 0;
  const { deleted, heldBack } = showsAll
    ? await deleteAbsent(tx, source, stream, pass)
    : { deleted: 0, heldBack: 0 };
  const passKey = toPassKey(source, stream, pass);
  if (showsAll && pass.hasErrors && stream.listing.kind === 'complete')
    await resolveGoneRejections(tx, passKey);
  await completeState(tx, source, stream, pass, { showsAll, heldBack });
  await completeCounters(tx, source, stream, pass, { showsAll, deleted, heldBack });
  const rejections = await countOpenRejections(tx, passKey);
  return formatMessage({ rejections, heldBack, missing });
}

const toPassKey = (source: Source, stream: Stream, { id: passId }: Pass) => ({
  ...toStreamKey(source, stream),
  passId,
});

/**
 * How many more items the source counts than its list held. Zero when the source does not count, or
 * the count changed during the pass.
 */
async function countMissing(tx: Tx, source: Source, stream: Stream, pass: Pass): Promise<number> {
  if (
    pass.expected?.steady !== true ||
    stream.listing.kind !== 'complete' ||
    pass.span.mode === 'changes'
  )
    return 0;
  const withoutId = countRejectedWithoutId(toPassKey(source, stream, pass));
  const { rows } = await tx.execute<{ listed: number }>(sql`
    select (count(distinct listed.id) + (${withoutId}))::int as listed
    from raw_snapshots, unnest(external_ids) as listed (id)
    where ${whereStream(source, stream)} and pass_id = ${pass.id}`);
  return Math.max(0, pass.expected.total - (rows[0]?.listed ?? 0));
}

async function completeState(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
  { showsAll, heldBack }: { showsAll: boolean; heldBack: number },
): Promise<void> {
  const held =
    heldBack > 0
      ? { deletionHeldAt: new Date(), deletionHeldCount: heldBack }
      : { deletionHeldAt: null, deletionHeldCount: null };
  const byTime = stream.changes?.by === 'time';
  await tx
    .update(streamStates)
    .set({
      cursor: null,
      passPages: 0,
      freshAt: pass.startedAt,
      version: pass.version + 1,
      touchedAt: sql`now()`,
      highWater: byTime ? null : pass.highWater,
      intervals: byTime
        ? serializeIntervals(extendCoverage(pass.span, pass.intervals, pass.newest))
        : [],
      // Only a pass that lists everything can carry out deletions, so while deletions wait for a
      // person to confirm them, the next pass lists everything again.
      ...(showsAll && { fullAt: heldBack > 0 ? null : fullAsOf(pass), ...held }),
    })
    .where(whereStreamState(source, stream));
}

async function completeCounters(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
  { showsAll, deleted, heldBack }: { showsAll: boolean; deleted: number; heldBack: number },
): Promise<void> {
  const provenAt = showsAll && heldBack === 0 ? pass.startedAt.toISOString() : null;
  await tx.execute(sql`
    update sync_run_streams set deleted = deleted + ${deleted}, held_back = ${heldBack},
      expected = ${pass.expected?.total ?? null}, proven_at = ${provenAt}
    where tenant_id = ${source.tenantId} and run_id = ${source.runId} and stream = ${stream.name}`);
}

function formatMessage({
  rejections,
  heldBack,
  missing,
}: {
  rejections: number;
  heldBack: number;
  missing: number;
}): string | null {
  const parts = [];
  if (rejections > 0) parts.push(formatRejections(rejections));
  if (heldBack > 0)
    parts.push(
      `${heldBack} records were missing from the source's list. Because that is unusually many, ` +
        'nothing was deleted; an admin has to confirm the deletions.',
    );
  if (missing > 0)
    parts.push(
      `The source counts ${missing} more ${missing === 1 ? 'record' : 'records'} than it ` +
        'listed. Because the list was incomplete, nothing was deleted.',
    );
  return parts.length === 0 ? null : parts.join(' ');
}

/** The beginning of the pass; null when it had not asked for all that the mapping names by now. */
const fullAsOf = ({ startedAt }: Pass) =>
  sql`case when ${streamStates.rereadAt} > ${startedAt.toISOString()}::timestamptz
    then null else ${startedAt.toISOString()}::timestamptz end`;
