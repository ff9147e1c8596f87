import { and, eq, getTableColumns, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { insertRows, updateRows, type JsonText } from '../platform/db/bulk.ts';
import { throughOrder } from '../platform/db/in-order.ts';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import type { Change, DeriveContext, EntityDefinition, EntityRows, Laid } from './definition.ts';
import type { EntityName, EntityRecords } from '../records/registry.ts';
import { entityDefinition } from './registry.ts';

/** A record on its way in, with the item it was made from and the digest of both. */
export interface Incoming {
  record: EntityRecords[EntityName];
  raw: JsonText;
  hash: string;
}

/** Where the records of one page come from. */
export interface Origin extends DeriveContext {
  tenantId: string;
  connectionId: string;
  provider: string;
  stream: string;
  snapshotId: string;
}

export interface UpsertResult {
  changes: Change[];
  inserted: number;
  changed: number;
  unchanged: number;
}

export type AnyRow = EntityRows[EntityName];
export type Written = AnyRow & { rawJson: unknown };

/** The records of one page, and where it comes from. */
export interface IncomingPage {
  origin: Origin;
  incoming: readonly Incoming[];
}

/**
 * Stores the records of some pages of one stream, in the order in which they were received: of a
 * record that is on several of them the last one counts. A row whose digest is the same is not
 * written; a row that was changed by a later answer is left alone. The caller holds the run's lock,
 * so nobody else writes this connection's rows meanwhile.
 */
export async function upsertPages(
  tx: Tx,
  name: EntityName,
  pages: readonly IncomingPage[],
): Promise<UpsertResult> {
  const [first] = pages;
  if (first === undefined) return { changes: [], inserted: 0, changed: 0, unchanged: 0 };
  const entity = entityDefinition(name);
  const newest = new Map(
    pages.flatMap(({ origin, incoming }) =>
      incoming.map((item) => [item.record.externalId, { item, origin }] as const),
    ),
  );
  const existing = await readExisting(tx, entity.table, first.origin, [...newest.keys()]);
  const inserts: Written[] = [];
  const updates: Written[] = [];
  const changes: Change[] = [];
  const { tenantId } = first.origin;
  const due = [...newest.values()].map((each) => ({
    ...each,
    before: existing.get(each.item.record.externalId) ?? null,
  }));
  const unsettled = due.filter(
    ({ before, item, origin }) => before === null || !isSettled(before, item, origin),
  );
  const laid = await layOver(tx, entity, tenantId, unsettled);
  for (const { item, origin, before } of unsettled) {
    const after = rowOf(entity, origin, withLaid(laid, item, before), before);
    (before === null ? inserts : updates).push(after);
    changes.push({ before: before?.deletedAt === null ? before : null, after });
  }
  await insertRows(tx, entity.table, inserts);
  await updateRows(tx, entity.table, tenantId, updates);
  await dropOvertaken(tx, entity, tenantId, laid, updates);
  const read = pages.reduce((sum, { incoming }) => sum + incoming.length, 0);
  return {
    changes,
    inserted: inserts.length,
    changed: updates.length,
    unchanged: read - inserts.length - updates.length,
  };
}

function isSettled(before: AnyRow, item: Incoming, origin: Origin): boolean {
  const same = before.contentHash === item.hash && before.deletedAt === null;
  return same || before.changedAt > origin.receivedAt;
}

/** What others said, laid over the records of rows that are there. */
export async function layOver(
  tx: Tx,
  entity: EntityDefinition,
  tenantId: string,
  due: readonly { before: AnyRow | null; item: Incoming }[],
): Promise<Laid> {
  const records = new Map(
    due.flatMap(({ before, item }) => (before === null ? [] : [[before.id, item.record] as const])),
  );
  return entity.overrides === undefined || records.size === 0
    ? new Map()
    : entity.overrides.lay(tx, tenantId, records);
}

/** The item with its record as others have it; its digest stays that of what the source says. */
export function withLaid(laid: Laid, item: Incoming, before: AnyRow | null): Incoming {
  const over = before === null ? undefined : laid.get(before.id);
  return over === undefined ? item : { ...item, record: over.record };
}

/** Of the rows that were written: the others may be older than what was said of them. */
export async function dropOvertaken(
  tx: Tx,
  entity: EntityDefinition,
  tenantId: string,
  laid: Laid,
  written: readonly Written[],
): Promise<void> {
  const overtaken = written.flatMap(({ id }) =>
    laid.get(id)?.overtaken.length ? [{ id, fields: laid.get(id)?.overtaken ?? [] }] : [],
  );
  if (overtaken.length > 0) await entity.overrides?.drop(tx, tenantId, overtaken);
}

/** The row that a record makes, in place of the one before. */
export function rowOf(
  entity: EntityDefinition,
  origin: Origin,
  item: Incoming,
  before: AnyRow | null,
): Written {
  const row = {
    tenantId: origin.tenantId,
    id: before?.id ?? newId(),
    connectionId: origin.connectionId,
    provider: origin.provider,
    stream: origin.stream,
    ...item.record,
    ...entity.derive(item.record, before, origin),
    contentHash: item.hash,
    rawJson: item.raw,
    snapshotId: origin.snapshotId,
    firstSeenAt: before?.firstSeenAt ?? origin.receivedAt,
    changedAt: origin.receivedAt,
    deletedAt: null,
  };
  return row as unknown as Written;
}

interface KeyColumns {
  tenantId: PgColumn;
  connectionId: PgColumn;
  stream: PgColumn;
  externalId: PgColumn;
  deletedAt: PgColumn;
}

/** The columns that every entity table has, whichever it is. */
function keysOf(table: PgTable): KeyColumns {
  return getTableColumns(table) as unknown as KeyColumns;
}

function readColumns(table: PgTable): Record<string, PgColumn> {
  const { rawJson: _unread, ...columns } = getTableColumns(table);
  return columns;
}

/** The condition that a row belongs to one stream of one connection. */
function ofStream(
  table: PgTable,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
): SQL | undefined {
  const keys = keysOf(table);
  return and(
    eq(keys.tenantId, origin.tenantId),
    eq(keys.connectionId, origin.connectionId),
    eq(keys.stream, origin.stream),
  );
}

/**
 * The rows that are there already. Each id is looked up by itself, through the key: the planner,
 * which knows little of a tenant that is being read for the first time, would else read all rows of
 * the tenant for every page. An equation of the id would make the order of no account, by which
 * `throughOrder` finds the key.
 */
export async function readExisting(
  tx: Tx,
  table: PgTable,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  ids: string[],
): Promise<Map<string, AnyRow>> {
  if (ids.length === 0) return new Map();
  const { externalId } = keysOf(table);
  const wanted = sql`unnest(${sql.param(ids)}::text[]) as wanted (external_id)`;
  const isWanted = and(
    ofStream(table, origin),
    sql`${externalId} >= wanted.external_id and ${externalId} <= wanted.external_id`,
  );
  const one = tx
    .select(readColumns(table))
    .from(table)
    .where(isWanted)
    .orderBy(externalId)
    .limit(1)
    .as('found');
  const rows = await throughOrder(tx, () =>
    tx
      .select()
      .from(wanted)
      .innerJoinLateral(one, sql`true`),
  );
  return new Map(
    (rows as unknown as { found: AnyRow }[]).map(({ found }) => [found.externalId, found]),
  );
}

/** Marks the live rows of a stream that meet `condition` as deleted, and tells which they were. */
export async function softDelete(
  tx: Tx,
  name: EntityName,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  condition: SQL,
  at: Date,
): Promise<Change[]> {
  const { table } = entityDefinition(name);
  const live = and(ofStream(table, origin), sql`${keysOf(table).deletedAt} is null`, condition);
  const rows = await tx
    .update(table)
    .set({ deletedAt: at, changedAt: at } as never)
    .where(live)
    .returning(readColumns(table));
  return (rows as unknown as AnyRow[]).map((before) => ({ before, after: null }));
}

/** How many live rows of a stream meet `condition`. */
export async function countLive(
  tx: Tx,
  name: EntityName,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  condition: SQL,
): Promise<number> {
  const { table } = entityDefinition(name);
  const rows = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(table)
    .where(and(ofStream(table, origin), sql`${keysOf(table).deletedAt} is null`, condition));
  return rows[0]?.count ?? 0;
}
