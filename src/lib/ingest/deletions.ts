import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
import { countLive } from '../entities/rows.ts';
import { getEntityDefinition } from '../entities/registry.ts';
import { equalsInOrder, withSortDisabled } from '../platform/db/planner.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { Page } from '../connectors/contract/source.ts';
import { syncRuns } from '../schema/sync.ts';
import { applyDeletion } from './apply.ts';
import { whereStream } from './stream-key.ts';
import type { Pass, Source, Stream } from './types.ts';

/** Missing rows below which their share of the stream means nothing. */
const minCount = 10;

/**
 * Whether so many rows are missing that it looks like a fault of the source rather than like
 * deletions: at least `minCount`, and more than `share` (0 to 1) of the live rows. Never for the
 * lists of single parents, because they are small.
 */
export function isSuspicious(
  stream: Stream,
  missing: number,
  live: number,
  share: number,
): boolean {
  return stream.listing.kind !== 'partitioned' && missing >= minCount && missing > live * share;
}

/**
 * Deletes (softly) the rows that a complete pass did not list. When they are suspiciously many, the
 * deletion is held back until a person confirms it.
 */
export async function deleteAbsent(
  tx: Tx,
  source: Source,
  stream: Stream,
  pass: Pass,
): Promise<{ deleted: number; heldBack: number }> {
  const origin = {
    tenantId: source.tenantId,
    connectionId: source.connectionId,
    stream: stream.name,
  };
  const scope = whereInScope(source, stream, pass);
  const absent = sql`${scope} and ${whereAbsent(source, stream, pass)}`;
  const missing = await countLive(tx, stream.entity, origin, absent);
  if (missing === 0) return { deleted: 0, heldBack: 0 };
  const live = await countLive(tx, stream.entity, origin, scope);
  if (
    isSuspicious(stream, missing, live, source.deletionShare) &&
    !(await areDeletionsAccepted(tx, source))
  )
    return { deleted: 0, heldBack: missing };
  const deleted = await applyDeletion(tx, origin, stream.entity, absent, new Date());
  return { deleted, heldBack: 0 };
}

/** Whether a person has confirmed that much may be deleted, before or during the run. */
async function areDeletionsAccepted(tx: Tx, { tenantId, runId }: Source): Promise<boolean> {
  const [run] = await tx
    .select({ accepted: syncRuns.acceptDeletions })
    .from(syncRuns)
    .where(and(eq(syncRuns.tenantId, tenantId), eq(syncRuns.id, runId)));
  return run?.accepted === true;
}

/** The rows that a complete pass lists if they still exist. */
export function whereInScope(
  source: Pick<Source, 'settings'>,
  stream: Stream,
  pass: Pick<Pass, 'startedAt'>,
): SQL {
  if (stream.listing.kind !== 'window') return sql`true`;
  const { from, to } = stream.listing.window(source.settings, pass.startedAt);
  const field = getColumn(stream, stream.listing.field);
  return sql`${field} >= ${from.toISOString()}::timestamptz
    and ${field} < ${to.toISOString()}::timestamptz`;
}

function whereAbsent(source: Source, stream: Stream, pass: Pass): SQL {
  if (stream.listing.kind === 'partitioned')
    return whereParentDeleted(source, stream, stream.listing.parents, stream.listing.field);
  return sql`${getColumn(stream, 'externalId')} not in (
    select unnest(external_ids) from raw_snapshots
    where tenant_id = ${source.tenantId} and connection_id = ${source.connectionId}
      and stream = ${stream.name} and pass_id = ${pass.id})`;
}

/** Items whose parent was deleted: nothing reads them any more, so they are deleted with it. */
function whereParentDeleted(source: Source, stream: Stream, parents: string, field: string): SQL {
  const parent = source.streams.find(({ name }) => name === parents);
  if (parent === undefined)
    throw new Error(`${stream.name} names the parent stream "${parents}", which does not exist`);
  const { table } = getEntityDefinition(parent.entity);
  return sql`${getColumn(stream, field)} in (
    select external_id from ${table}
    where tenant_id = ${source.tenantId} and connection_id = ${source.connectionId}
      and stream = ${parents} and deleted_at is not null)`;
}

/**
 * For pages of which each is the complete list of one parent: the external ids of the live rows of
 * those parents that are on none of the pages. None for other pages. The parents are looked up as
 * `readExisting` looks up rows, by an index that begins with the tenant and the parent's id.
 */
export async function findAbsentFromPartitions(
  tx: Tx,
  source: Pick<Source, 'tenantId' | 'connectionId'>,
  stream: Stream,
  pages: readonly Pick<Page, 'partition'>[],
  listedIds: readonly string[],
): Promise<string[]> {
  const partitions = pages.flatMap(({ partition }) => (partition === undefined ? [] : [partition]));
  if (stream.listing.kind !== 'partitioned' || partitions.length === 0) return [];
  const { table } = getEntityDefinition(stream.entity);
  const parentId = getColumn(stream, stream.listing.field);
  const children = sql`
    select external_id as id from ${table} where ${whereStream(source, stream)}
      and ${equalsInOrder(parentId, sql`wanted.parent`)}
      and deleted_at is null order by ${parentId}`;
  const { rows } = await withSortDisabled(tx, () =>
    tx.execute<{ id: string }>(sql`
      select child.id from unnest(${sql.param(partitions)}::text[]) as wanted (parent),
        lateral (${children}) as child`),
  );
  const listed = new Set(listedIds);
  return rows.map(({ id }) => id).filter((id) => !listed.has(id));
}

/** The column of an entity's property. */
export function getColumn(stream: Stream, property: string): SQL {
  const column = getTableColumns(getEntityDefinition(stream.entity).table)[property];
  if (column === undefined) throw new Error(`${stream.entity} has no column "${property}"`);
  return sql`${column}`;
}
