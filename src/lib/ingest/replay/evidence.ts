import { sql, type SQL } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { selectOpenSnapshotIds } from '../rejections/open.ts';
import { toStreamKey, whereStream } from '../stream-key.ts';
import type { Stream } from '../types.ts';
import type { ReplaySource } from './types.ts';

/** A pass that listed everything and whose deletions were carried out, and when it began. */
export interface Proof {
  passId: string;
  at: Date;
}

/** A stored page that is the newest evidence of at least one item. */
export interface PlannedPage {
  id: string;
  sha256: Buffer;
  receivedAt: Date;
  pageNo: number;
  partition: string | null;
  /** Bytes of the body before compression. */
  size: number;
  /** How many of its items it is the newest evidence of. */
  won: number;
  /** The ids on it that a later page lists again or says are gone. */
  lost: string[];
  /**
   * False when the page is older than the newest proof, so that its items may have left the window
   * since: see `isAbsent`.
   */
  isCurrent: boolean;
}

/** The proofs of a stream, newest first. */
export async function selectProofs(
  tx: Tx,
  source: Pick<ReplaySource, 'tenantId' | 'connectionId'>,
  stream: Pick<Stream, 'name'>,
): Promise<Proof[]> {
  const { rows } = await tx.execute<{ passId: string; at: string }>(sql`
    select pass_id as "passId", max(proven_at) as at from sync_run_streams
    where ${whereStream(source, stream)} and proven_at is not null group by pass_id
      order by at desc`);
  return rows.map(({ passId, at }) => ({ passId, at: new Date(at) }));
}

/**
 * Whether all pages of a pass are still stored, so that what they do not list is known to be
 * absent.
 */
export async function isCompletelyKept(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  { passId }: Proof,
): Promise<boolean> {
  const { rows } = await tx.execute<{ whole: boolean }>(sql`
    select (select count(*) from raw_snapshots where ${whereStream(source, stream)}
      and pass_id = ${passId})
      >= (select sum(pages) from sync_run_streams where ${whereStream(source, stream)}
        and pass_id = ${passId}) as whole`);
  return rows[0]?.whole === true;
}

/**
 * The pages to be translated, oldest first, so that of two pages with the same item the newer one
 * is written last.
 */
export async function planPages(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  proof: Proof | undefined,
  since: Date | undefined,
): Promise<PlannedPage[]> {
  const recent = since === undefined ? sql`true` : sql`page.received_at >= ${since.toISOString()}`;
  const { rows } = await tx.execute<
    Omit<PlannedPage, 'receivedAt'> & { receivedAt: string } & Record<string, unknown>
  >(sql`
    with ${buildListingCtes(source, stream, proof)},
    won as (select page_id, count(*) filter (where is_won)::int as won,
      array_agg(id) filter (where not is_won and is_listed) as lost from told group by page_id)
    select page.id, page.sha256, page.received_at as "receivedAt", page.page_no as "pageNo",
      page.partition, page.is_current as "isCurrent", body.size,
      coalesce(won.won, 0) as won, coalesce(won.lost, '{}') as lost
    from page left join won on won.page_id = page.id
      join raw_bodies as body on body.tenant_id = ${source.tenantId} and body.sha256 = page.sha256
    where ${recent} and (won.won > 0
      or page.id in (${selectOpenSnapshotIds(toStreamKey(source, stream))}))
    order by page.received_at, page.page_no, page.id`);
  return rows.map((row) => ({ ...row, receivedAt: new Date(row.receivedAt) }));
}

/** The ids that the source still has, according to the stored pages. */
export const selectListedIds = (
  source: ReplaySource,
  stream: Stream,
  proof: Proof | undefined,
): SQL =>
  sql`(with ${buildListingCtes(source, stream, proof)} select id from told where is_won
    and is_current)`;

/**
 * The CTEs `page` (the pages that count), `said` (for each page and id, whether it is listed or
 * deleted) and `told` (which statement about an id is the newest). When one page both lists an id
 * and names it as deleted, the deletion counts.
 */
function buildListingCtes(source: ReplaySource, stream: Stream, proof: Proof | undefined): SQL {
  return sql`page as materialized (${selectRelevantPages(source, stream, proof)}),
    said as (
      select page.id as page_id, is_current, said.id, is_listed,
        rank() over (partition by said.id order by received_at desc, page_no desc, page.id desc,
          is_listed) as place
      from page cross join lateral (select unnest(external_ids) as id, true as is_listed
        union all select unnest(deleted_ids), false) as said),
    told as (select *, place = 1 and is_listed
      and (is_current or ${whereNotDeleted(source, stream)}) as is_won from said)`;
}

function selectRelevantPages(source: ReplaySource, stream: Stream, proof: Proof | undefined): SQL {
  const columns = sql`id, sha256, received_at, page_no, partition, external_ids, deleted_ids`;
  const isCurrent =
    proof === undefined
      ? sql`true`
      : sql`(pass_id = ${proof.passId} or received_at >= ${proof.at.toISOString()})`;
  switch (stream.listing.kind) {
    case 'complete':
      return sql`select ${columns}, true as is_current from raw_snapshots
        where ${whereStream(source, stream)} and ${isCurrent}`;
    // Items that have left the window stay as they were last seen.
    case 'window':
      return sql`select ${columns}, ${isCurrent} as is_current from raw_snapshots
        where ${whereStream(source, stream)}`;
    case 'partitioned':
      return sql`select distinct on (partition) ${columns}, true as is_current from raw_snapshots
        where ${whereStream(source, stream)} and partition is not null
          order by partition, received_at desc, page_no desc, id desc`;
  }
}

/** Rows that were deleted and are no longer listed stay deleted. */
function whereNotDeleted(source: ReplaySource, stream: Stream): SQL {
  const { table } = getEntityDefinition(stream.entity);
  return sql`not exists (select from ${table} where ${whereStream(source, stream)}
    and external_id = said.id and deleted_at is not null)`;
}

/**
 * Whether an item that was last seen before the newest proof was found to be gone: a pass that
 * began after it was seen looked where it belongs and did not list it. `at` is the value of the
 * window's field.
 */
export function isAbsent(
  source: ReplaySource,
  stream: Stream,
  proofs: readonly Proof[],
  seenAt: Date,
  record: object,
): boolean {
  const { listing } = stream;
  if (listing.kind !== 'window') return false;
  const at = (record as Record<string, unknown>)[listing.field];
  if (!(at instanceof Date)) return false;
  return proofs.some((proof) => {
    const { from, to } = listing.window(source.settings, proof.at);
    return proof.at > seenAt && at >= from && at < to;
  });
}
