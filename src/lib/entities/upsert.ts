import { and, sql, type SQL } from 'drizzle-orm';
import { insertRows, updateRows } from '../platform/db/bulk.ts';
import { withHashing } from '../platform/db/planner.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { EntityName } from '../records/registry.ts';
import type { Change, EntityDefinition, AppliedOverrides } from './definition.ts';
import type { AnyRow, Incoming, IncomingPage, Origin, Rewrites, WrittenRow } from './incoming.ts';
import { getEntityDefinition } from './registry.ts';
import {
  getKeyColumns,
  applyOverrides,
  whereStream,
  readColumns,
  readExisting,
  buildRow,
  withOverrides,
} from './rows.ts';

/*
 * The statements that write entity rows. Only `ingest/apply.ts` calls them, because summaries, the
 * search index and pending pulls have to follow every change in the same transaction.
 */

/**
 * Finds out what stores the records of pages of one stream, given in the order in which they were
 * received; the last version of a record wins. Rows with the same digest, and rows that a later
 * response has changed, are not written. The caller holds the run's lease, so that no one else
 * writes rows of this connection meanwhile.
 */
export async function planUpsert(
  tx: Tx,
  name: EntityName,
  pages: readonly IncomingPage[],
): Promise<Rewrites> {
  const [first] = pages;
  if (first === undefined)
    return { inserts: [], updates: [], changes: [], unchanged: 0, applied: new Map() };
  const { tenantId } = first.origin;
  const entity = getEntityDefinition(name);
  const pending = await findPending(tx, entity, first.origin, pages);
  const applied = await applyOverrides(tx, entity, tenantId, pending);
  const rewrites = buildRewrites(entity, pending, applied);
  const read = pages.reduce((sum, { incoming }) => sum + incoming.length, 0);
  return { ...rewrites, unchanged: read - rewrites.changes.length };
}

/** The newest version of a record, with its row as it is stored; null if there is none. */
interface Pending {
  item: Incoming;
  origin: Origin;
  before: AnyRow | null;
}

async function findPending(
  tx: Tx,
  entity: EntityDefinition,
  origin: Origin,
  pages: readonly IncomingPage[],
): Promise<Pending[]> {
  const newest = new Map(
    pages.flatMap(({ origin, incoming }) =>
      incoming.map((item) => [item.record.externalId, { item, origin }] as const),
    ),
  );
  const existing = await readExisting(tx, entity.table, origin, [...newest.keys()]);
  return [...newest]
    .map(([externalId, each]) => ({ ...each, before: existing.get(externalId) ?? null }))
    .filter(({ before, item, origin }) => before === null || !isUnchanged(before, item, origin));
}

function buildRewrites(
  entity: EntityDefinition,
  pending: readonly Pending[],
  applied: AppliedOverrides,
): Omit<Rewrites, 'unchanged'> {
  const inserts: WrittenRow[] = [];
  const updates: WrittenRow[] = [];
  const changes: Change[] = [];
  for (const { item, origin, before } of pending) {
    const after = buildRow(entity, origin, withOverrides(applied, item, before), before);
    (before === null ? inserts : updates).push(after);
    changes.push({ before: before?.deletedAt === null ? before : null, after });
  }
  return { inserts, updates, changes, applied };
}

function isUnchanged(before: AnyRow, item: Incoming, origin: Origin): boolean {
  const same = before.contentHash === item.hash && before.deletedAt === null;
  return same || before.changedAt > origin.receivedAt;
}

/** Writes inserts and updates, and deletes the overrides that the updates supersede. */
export async function writeRewrites(
  tx: Tx,
  name: EntityName,
  tenantId: string,
  { inserts, updates, applied }: Pick<Rewrites, 'inserts' | 'updates' | 'applied'>,
): Promise<void> {
  const entity = getEntityDefinition(name);
  await insertRows(tx, entity.table, inserts);
  await updateRows(tx, entity.table, tenantId, updates);
  await dropSuperseded(tx, entity, tenantId, applied, updates);
}

/** Marks the live rows of a stream that meet `condition` as deleted, and returns the changes. */
export async function softDelete(
  tx: Tx,
  name: EntityName,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  condition: SQL,
  at: Date,
): Promise<Change[]> {
  const { table } = getEntityDefinition(name);
  const live = and(
    whereStream(table, origin),
    sql`${getKeyColumns(table).deletedAt} is null`,
    condition,
  );
  const rows = await withHashing(tx, () =>
    tx
      .update(table)
      .set({ deletedAt: at, changedAt: at } as never)
      .where(live)
      .returning(readColumns(table)),
  );
  return toDeletions(rows);
}

/**
 * As `softDelete`, for the rows with the given external ids, which are looked up by their key: a
 * condition would read the whole tenant when the planner has no statistics.
 */
export async function softDeleteListed(
  tx: Tx,
  name: EntityName,
  origin: Pick<Origin, 'tenantId' | 'connectionId' | 'stream'>,
  externalIds: readonly string[],
  at: Date,
): Promise<Change[]> {
  const { table } = getEntityDefinition(name);
  const found = await readExisting(tx, table, origin, [...new Set(externalIds)]);
  const live = [...found.values()].filter(({ deletedAt }) => deletedAt === null);
  if (live.length === 0) return [];
  // The sub-select hides how many ids there are: for many, the planner would read the whole tenant.
  const ids = sql`select unnest(${sql.param(live.map(({ id }) => id))}::uuid[])`;
  const rows = await tx
    .update(table)
    .set({ deletedAt: at, changedAt: at } as never)
    .where(sql`${table}.tenant_id = ${origin.tenantId} and ${table}.id = any(array(${ids}))`)
    .returning(readColumns(table));
  return toDeletions(rows);
}

const toDeletions = (rows: readonly unknown[]): Change[] =>
  (rows as readonly AnyRow[]).map((before) => ({ before, after: null }));

/**
 * Deletes rows for good, and returns the changes of those that were live. What belongs to them
 * (pushes, overrides) goes with them by its foreign keys.
 */
export async function deleteRows(
  tx: Tx,
  name: EntityName,
  tenantId: string,
  ids: readonly string[],
): Promise<{ count: number; changes: Change[] }> {
  const { table } = getEntityDefinition(name);
  const chosen = sql`${table}.tenant_id = ${tenantId}
    and ${table}.id = any(${sql.param([...ids])}::uuid[])`;
  const rows = await tx.delete(table).where(chosen).returning(readColumns(table));
  const live = (rows as unknown as AnyRow[]).filter(({ deletedAt }) => deletedAt === null);
  return { count: rows.length, changes: live.map((before) => ({ before, after: null })) };
}

/**
 * Deletes superseded overrides of rows that were written. A row that was not may be older than its
 * override.
 */
async function dropSuperseded(
  tx: Tx,
  entity: EntityDefinition,
  tenantId: string,
  applied: AppliedOverrides,
  written: readonly WrittenRow[],
): Promise<void> {
  const superseded = written.flatMap(({ id }) =>
    applied.get(id)?.superseded.length ? [{ id, fields: applied.get(id)?.superseded ?? [] }] : [],
  );
  if (superseded.length > 0) await entity.overrides?.drop(tx, tenantId, superseded);
}
