import { and, sql, type SQL } from 'drizzle-orm';
import { insertRows, updateRows } from '../platform/db/bulk.ts';
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

export interface UpsertResult {
  changes: Change[];
  inserted: number;
  changed: number;
  unchanged: number;
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
  const entity = getEntityDefinition(name);
  const newest = new Map(
    pages.flatMap(({ origin, incoming }) =>
      incoming.map((item) => [item.record.externalId, { item, origin }] as const),
    ),
  );
  const existing = await readExisting(tx, entity.table, first.origin, [...newest.keys()]);
  const inserts: WrittenRow[] = [];
  const updates: WrittenRow[] = [];
  const changes: Change[] = [];
  const { tenantId } = first.origin;
  const due = [...newest.values()].map((each) => ({
    ...each,
    before: existing.get(each.item.record.externalId) ?? null,
  }));
  const pending = due.filter(
    ({ before, item, origin }) => before === null || !isUnchanged(before, item, origin),
  );
  const applied = await applyOverrides(tx, entity, tenantId, pending);
  for (const { item, origin, before } of pending) {
    const after = buildRow(entity, origin, withOverrides(applied, item, before), before);
    (before === null ? inserts : updates).push(after);
    changes.push({ before: before?.deletedAt === null ? before : null, after });
  }
  await insertRows(tx, entity.table, inserts);
  await updateRows(tx, entity.table, tenantId, updates);
  await dropSuperseded(tx, entity, tenantId, applied, updates);
  const read = pages.reduce((sum, { incoming }) => sum + incoming.length, 0);
  return {
    changes,
    inserted: inserts.length,
    changed: updates.length,
    unchanged: read - inserts.length - updates.length,
  };
}

function isUnchanged(before: AnyRow, item: Incoming, origin: Origin): boolean {
  const same = before.contentHash === item.hash && before.deletedAt === null;
  return same || before.changedAt > origin.receivedAt;
}

/** Writes what `compareVersions` found to differ. */
export async function writeRewrites(
  tx: Tx,
  name: EntityName,
  tenantId: string,
  { inserts, updates, applied }: Rewrites,
): Promise<void> {
  const entity = getEntityDefinition(name);
  await insertRows(tx, entity.table, inserts);
  await updateRows(tx, entity.table, tenantId, updates);
  await dropSuperseded(tx, entity, tenantId, applied, updates);
}

/** Marks the live rows of a stream that meet `condition` as deleted, and tells which they were. */
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
  const rows = await tx
    .update(table)
    .set({ deletedAt: at, changedAt: at } as never)
    .where(live)
    .returning(readColumns(table));
  return (rows as unknown as AnyRow[]).map((before) => ({ before, after: null }));
}

/** Of the rows that were written: the others may be older than what was said of them. */
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
