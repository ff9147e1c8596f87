import { getTableColumns, sql, type SQL } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { toStreamKey, whereStream } from '../stream-key.ts';
import { selectProofs } from '../replay/evidence.ts';
import { selectFromRevisable } from '../rejections/open.ts';
import { findParents } from '../replay/parents.ts';
import type { ReplaySource } from '../replay/types.ts';
import type { Stream } from '../types.ts';

/**
 * The old snapshots of a stream that no replay needs any more; undefined when all are needed,
 * because no pass has proved yet what exists. Replays need:
 * - the newest proof and everything since
 * - the newest response that lists a live row, and the newest list of each live parent's items
 * - the responses behind rejected items, and behind the rows that those items would change
 * - where a row records the time since when it has been in its state: the first response that
 *   showed it in this state, and the last one before
 */
export async function whereUnneeded(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
): Promise<SQL | undefined> {
  const [proof] = await selectProofs(tx, source, stream);
  if (proof === undefined) return undefined;
  const newest =
    stream.listing.kind === 'partitioned'
      ? selectNewestLists(source, stream)
      : selectNewestOfLive(source, stream);
  const kept = [
    newest,
    ...selectRejectionSnapshots(source, stream),
    ...selectHistorySnapshots(source, stream),
  ];
  return sql`pass_id <> ${proof.passId} and received_at < ${proof.at.toISOString()}
    and id not in (${sql.join(kept, sql` union `)})`;
}

const getTable = (stream: Stream) => getEntityDefinition(stream.entity).table;
const fromLiveRows = (source: ReplaySource, stream: Stream) =>
  sql`${getTable(stream)} where ${whereStream(source, stream)} and deleted_at is null`;

function selectNewestOfLive(source: ReplaySource, stream: Stream): SQL {
  return sql`select id from (
    select distinct on (listed.id) page.id from raw_snapshots as page,
      unnest(external_ids) as listed (id)
    where ${whereStream(source, stream)} and listed.id in (select external_id
      from ${fromLiveRows(source, stream)})
    order by listed.id, received_at desc, page_no desc, page.id desc) as newest`;
}

function selectNewestLists(source: ReplaySource, stream: Stream): SQL {
  const parents = findParents(source, stream, new Map());
  const dead = parents === undefined ? sql`false` : whereParentDeleted(source, parents);
  return sql`select id from (
    select distinct on (partition) id, partition from raw_snapshots
    where ${whereStream(source, stream)} and partition is not null
      order by partition, received_at desc, page_no desc, id desc) as newest where not ${dead}`;
}

function whereParentDeleted(
  source: ReplaySource,
  { name, entity }: NonNullable<ReturnType<typeof findParents>>,
): SQL {
  const { table } = getEntityDefinition(entity);
  return sql`exists (select from ${table} where ${whereStream(source, { name })}
    and external_id = newest.partition and deleted_at is not null)`;
}

function selectRejectionSnapshots(source: ReplaySource, stream: Stream): SQL[] {
  const streamKey = toStreamKey(source, stream);
  return [
    selectFromRevisable('snapshot_id', streamKey),
    sql`select snapshot_id from ${fromLiveRows(source, stream)}
      and external_id in (${selectFromRevisable('item_key', streamKey)})`,
  ];
}

function selectHistorySnapshots(source: ReplaySource, stream: Stream): SQL[] {
  const { history, table } = getEntityDefinition(stream.entity);
  const since = history === undefined ? undefined : getTableColumns(table)[history.since];
  if (since === undefined) return [];
  const selectEdge = (isOnSide: SQL, order: SQL) => sql`select id from (
    select distinct on (listed.id) page.id from raw_snapshots as page,
      unnest(external_ids) as listed (id)
      join (select external_id, ${sql.identifier(since.name)} as since
        from ${fromLiveRows(source, stream)}) as live on live.external_id = listed.id
    where ${whereStream(source, stream)} and ${isOnSide} order by listed.id, ${order}) as edge`;
  return [
    selectEdge(sql`received_at >= live.since`, sql`received_at, page_no, page.id`),
    selectEdge(sql`received_at < live.since`, sql`received_at desc, page_no desc, page.id desc`),
  ];
}
