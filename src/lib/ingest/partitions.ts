import { and, asc, eq, isNull, sql, type SQL, getTableColumns } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { z } from 'zod';
import { getEntityDefinition } from '../entities/registry.ts';
import type { Cursor, PartitionBatch } from '../connectors/contract/source.ts';
import { withSortDisabled } from '../platform/db/planner.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import type { Pass, Source, Stream } from './types.ts';

/** Parents of one batch; the pass can be resumed after each batch. */
const batchSize = 100;
/**
 * Within this many hours every unchanged parent is read again once, because a source may not update
 * a parent when its items change.
 */
const sweepHours = 24;

const positionSchema = z.object({ at: z.iso.datetime(), id: z.uuid() });
const cursorSchema = z.object({
  changed: positionSchema.nullable(),
  sweep: z.object({ slot: z.number().int(), id: z.uuid().nullable() }).nullable(),
});
type PartitionCursor = z.output<typeof cursorSchema>;

/**
 * The parents whose items are due: first those that changed since the last finished pass, in the
 * order in which they changed, then this hour's share of the others.
 */
export async function* readDuePartitions(
  source: Source,
  stream: Stream,
  pass: Pass,
): AsyncGenerator<PartitionBatch> {
  if (stream.listing.kind !== 'partitioned') return;
  const parents = createParentReader(source, stream.listing.parents);
  const known = cursorSchema.safeParse(pass.cursor ?? pass.highWater).data;
  let cursor: PartitionCursor = {
    changed: known?.changed ?? null,
    sweep: pass.cursor === null ? null : (known?.sweep ?? null),
  };
  const sweeps = known !== undefined;
  // A pass that is resumed after its last changed parent finds no more of them, so its high-water
  // mark is restored from the cursor.
  if (known !== undefined) pass.highWater = { changed: known.changed, sweep: null };
  while (cursor.sweep === null) {
    const rows = await parents.changedAfter(cursor.changed);
    const end = rows.at(-1);
    if (end === undefined) break;
    cursor = { changed: { at: end.changedAt.toISOString(), id: end.id }, sweep: null };
    pass.highWater = cursor;
    yield { ids: rows.map((row) => row.externalId), cursor };
  }
  if (sweeps) yield* sweepParents(parents, cursor, pass);
}

async function* sweepParents(
  parents: ParentReader,
  start: PartitionCursor,
  pass: Pass,
): AsyncGenerator<PartitionBatch> {
  const slot = start.sweep?.slot ?? Math.floor(pass.startedAt.getTime() / 3_600_000) % sweepHours;
  let id = start.sweep?.id ?? null;
  for (;;) {
    const rows = await parents.inSlot(slot, id);
    const end = rows.at(-1);
    if (end === undefined) return;
    id = end.id;
    yield {
      ids: rows.map((row) => row.externalId),
      cursor: { changed: start.changed, sweep: { slot, id } } as Cursor,
    };
  }
}

interface ParentRow {
  id: string;
  externalId: string;
  changedAt: Date;
}

interface ParentReader {
  changedAfter(after: PartitionCursor['changed']): Promise<ParentRow[]>;
  inSlot(slot: number, afterId: string | null): Promise<ParentRow[]>;
}

function createParentReader(source: Source, name: string): ParentReader {
  const parent = source.streams.find((candidate) => candidate.name === name);
  if (parent === undefined) throw new Error(`There is no parent stream "${name}"`);
  const { table } = getEntityDefinition(parent.entity);
  const columns = getTableColumns(table) as unknown as Record<
    'tenantId' | 'connectionId' | 'stream' | 'id' | 'externalId' | 'changedAt' | 'deletedAt',
    PgColumn
  >;
  const live = and(
    eq(columns.tenantId, source.tenantId),
    eq(columns.connectionId, source.connectionId),
    eq(columns.stream, name),
    isNull(columns.deletedAt),
  );
  const read = (condition: SQL, ...order: PgColumn[]): Promise<ParentRow[]> =>
    retryInTenant(source.tenantId, async (tx) => {
      const selected = {
        id: columns.id,
        externalId: columns.externalId,
        changedAt: columns.changedAt,
      };
      const rows = await withSortDisabled(tx, () =>
        tx
          .select(selected)
          .from(table)
          .where(and(live, condition))
          .orderBy(...order.map((column) => asc(column)))
          .limit(batchSize),
      );
      return rows as unknown as ParentRow[];
    });
  return {
    changedAfter: (after) =>
      read(
        after === null
          ? sql`true`
          : sql`(${columns.changedAt}, ${columns.id}) > (${after.at}::timestamptz,
            ${after.id}::uuid)`,
        columns.changedAt,
        columns.id,
      ),
    inSlot: (slot, afterId) =>
      read(
        sql`abs(hashtext(${columns.externalId})::bigint) % ${sweepHours} = ${slot}
          and ${afterId === null ? sql`true` : sql`${columns.id} > ${afterId}::uuid`}`,
        columns.id,
      ),
  };
}
