import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { equalsInOrder, withHashing, withSortDisabled } from '../platform/db/planner.ts';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import { recordSchemas, type EntityName } from '../records/registry.ts';
import type { EntityDefinition, AppliedOverrides } from './definition.ts';
import type { AnyRow, Incoming, Origin, WrittenRow } from './incoming.ts';
import { getEntityDefinition } from './registry.ts';

/** Applies the overrides of an entity to the records of existing rows; empty without any. */
export async function applyOverrides(
  tx: Tx,
  entity: EntityDefinition,
  tenantId: string,
  due: readonly { before: AnyRow | null; item: Incoming }[],
): Promise<AppliedOverrides> {
  const records = new Map(
    due.flatMap(({ before, item }) => (before === null ? [] : [[before.id, item.record] as const])),
  );
  return entity.overrides === undefined || records.size === 0
    ? new Map()
    : entity.overrides.apply(tx, tenantId, records);
}

/** The item with overrides applied to its record; its digest stays that of the source's item. */
export function withOverrides(
  applied: AppliedOverrides,
  item: Incoming,
  before: AnyRow | null,
): Incoming {
  const override = before === null ? undefined : applied.get(before.id);
  return override === undefined ? item : { ...item, record: override.record };
}

/**
 * A record with all fields null, for each entity. Fields that a record leaves out become null in
 * its row, because all rows of one statement must have the same columns.
 */
const blankRecords = Object.fromEntries(
  Object.entries(recordSchemas).map(([name, { shape }]) => [
    name,
    Object.fromEntries(Object.keys(shape).map((field) => [field, null])),
  ]),
);

/** Builds the row of a record; keeps the id and the first-seen time of the previous row. */
export function buildRow(
  entity: EntityDefinition,
  origin: Origin,
  item: Incoming,
  before: AnyRow | null,
): WrittenRow {
  const row = {
    tenantId: origin.tenantId,
    id: before?.id ?? newId(),
    connectionId: origin.connectionId,
    provider: origin.provider,
    stream: origin.stream,
    ...blankRecords[entity.name],
    ...item.record,
    ...entity.derive(item.record, before, origin),
    contentHash: item.hash,
    rawJson: item.raw,
    snapshotId: origin.snapshotId,
    firstSeenAt: before?.firstSeenAt ?? origin.receivedAt,
    changedAt: origin.receivedAt,
    deletedAt: null,
  };
  return row as unknown as WrittenRow;
}

interface KeyColumns {
  tenantId: PgColumn;
  connectionId: PgColumn;
  stream: PgColumn;
  externalId: PgColumn;
  deletedAt: PgColumn;
}

/** The key columns that all entity tables share. */
export function getKeyColumns(table: PgTable): KeyColumns {
  return getTableColumns(table) as unknown as KeyColumns;
}

/** All columns but the raw item, which is large. */
export function readColumns(table: PgTable): Record<string, PgColumn> {
  const { rawJson: _unread, ...columns } = getTableColumns(table);
  return columns;
}

/** The condition that a row belongs to one stream of one connection. */
export function whereStream(
  table: PgTable,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
): SQL | undefined {
  const keys = getKeyColumns(table);
  return and(
    eq(keys.tenantId, origin.tenantId),
    eq(keys.connectionId, origin.connectionId),
    eq(keys.stream, origin.stream),
  );
}

/**
 * Reads the existing rows with the given external ids, by external id. A lateral join looks up each
 * id by its key: the planner has no statistics for a tenant that is synced for the first time, and
 * would otherwise read all of its rows for each page.
 */
export async function readExisting(
  tx: Tx,
  table: PgTable,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  ids: string[],
): Promise<Map<string, AnyRow>> {
  if (ids.length === 0) return new Map();
  const { externalId } = getKeyColumns(table);
  const wanted = sql`unnest(${sql.param(ids)}::text[]) as wanted (external_id)`;
  const isWanted = and(
    whereStream(table, origin),
    equalsInOrder(externalId, sql`wanted.external_id`),
  );
  const one = tx
    .select(readColumns(table))
    .from(table)
    .where(isWanted)
    .orderBy(externalId)
    .limit(1)
    .as('found');
  const rows = await withSortDisabled(tx, () =>
    tx
      .select()
      .from(wanted)
      .innerJoinLateral(one, sql`true`),
  );
  return new Map(
    (rows as unknown as { found: AnyRow }[]).map(({ found }) => [found.externalId, found]),
  );
}

/** The number of live rows of a stream that meet `condition`. */
export async function countLive(
  tx: Tx,
  name: EntityName,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  condition: SQL,
): Promise<number> {
  const { table } = getEntityDefinition(name);
  const live = sql`${getKeyColumns(table).deletedAt} is null`;
  const rows = await withHashing(tx, () =>
    tx
      .select({ count: sql<number>`count(*)::int` })
      .from(table)
      .where(and(whereStream(table, origin), live, condition)),
  );
  return rows[0]?.count ?? 0;
}
