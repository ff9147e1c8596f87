import { sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { deleteAbsent } from './deletions.ts';
import { serializeIntervals } from './intervals.ts';
import { streamStates } from '../schema/sync.ts';
import { extendCoverage } from './span.ts';
import { whereStreamState } from './state.ts';
import type { Pass, Source, Stream } from './types.ts';

/**
 * Ends a pass that got to its end, and says in plain words what is not as it should be; null when
 * all is well.
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
  if (showsAll) await resolveGoneRejections(tx, source, stream, pass);
  await completeState(tx, source, stream, pass, { showsAll, heldBack });
  const provenAt = showsAll && heldBack === 0 ? pass.startedAt.toISOString() : null;
  await tx.execute(sql`update sync_run_streams set deleted = deleted + ${deleted}, held_back = ${heldBack}, expected = ${pass.expected?.total ?? null}, proven_at = ${provenAt}
    where tenant_id = ${source.tenantId} and run_id = ${source.runId} and stream = ${stream.name}`);
  return formatMessage({
    rejections: await countOpenRejections(tx, source, stream, pass),
    heldBack,
    missing,
  });
}

/**
 * How many items the source counts that its list did not hold. Zero when it does not count, or the
 * count moved while we read.
 */
async function countMissing(tx: Tx, source: Source, stream: Stream, pass: Pass): Promise<number> {
  if (
    pass.expected?.steady !== true ||
    stream.listing.kind !== 'complete' ||
    pass.span.mode === 'changes'
  )
    return 0;
  const { rows } = await tx.execute<{ listed: number }>(sql`
    select (count(distinct listed.id) + (select count(*) from record_errors where ${wherePass(source, stream, pass)} and item_key like 'digest:%'))::int as listed
    from raw_snapshots, unnest(external_ids) as listed (id) where ${whereStream(source, stream)} and pass_id = ${pass.id}`);
  return Math.max(0, pass.expected.total - (rows[0]?.listed ?? 0));
}

/**
 * How many items of the pass could not become records and wait for the source, or a person, to mend
 * them.
 */
async function countOpenRejections(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
): Promise<number> {
  const { rows } = await tx.execute<{ open: number }>(
    sql`select count(*)::int as open from record_errors where ${wherePass(source, stream, pass)} and resolved_at is null`,
  );
  return rows[0]?.open ?? 0;
}

/**
 * An item that was set aside and that a complete list does not hold any more is nobody's work: the
 * source has deleted it, or sends it as another one.
 */
async function resolveGoneRejections(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
): Promise<void> {
  if (!pass.hasErrors || stream.listing.kind !== 'complete') return;
  await tx.execute(
    sql`update record_errors set resolved_at = now(), resolution = 'gone' where ${whereStream(source, stream)} and resolved_at is null and not (${wherePass(source, stream, pass)})`,
  );
}

const whereStream = ({ tenantId, connectionId }: Source, { name }: Stream) =>
  sql`tenant_id = ${tenantId} and connection_id = ${connectionId} and stream = ${name}`;

/** Errors whose newest snapshot belongs to the pass. */
function wherePass(source: Source, stream: Stream, pass: Pass) {
  return sql`${whereStream(source, stream)} and snapshot_id in (select id from raw_snapshots where ${whereStream(source, stream)} and pass_id = ${pass.id})`;
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
      // While deletions wait for a person the next pass lists everything again: only such a pass
      // can carry them out.
      ...(showsAll && { fullAt: heldBack > 0 ? null : pass.startedAt, ...held }),
    })
    .where(whereStreamState(source, stream));
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
  if (rejections > 0)
    parts.push(
      `${rejections} ${rejections === 1 ? 'record was' : 'records were'} set aside because they could not be read.`,
    );
  if (heldBack > 0)
    parts.push(
      `${heldBack} records were missing from the source's list; that is so much that nothing was deleted until a person confirms it.`,
    );
  if (missing > 0)
    parts.push(
      `The source counts ${missing} more ${missing === 1 ? 'record' : 'records'} than its list held; nothing was deleted because of it.`,
    );
  return parts.length === 0 ? null : parts.join(' ');
}
