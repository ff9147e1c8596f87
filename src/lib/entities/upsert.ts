import { and, sql, type SQL } from 'drizzle-orm';
import { insertRows, updateRows } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { EntityName } from '../records/registry.ts';
import type { Change, EntityDefinition, Laid } from './definition.ts';
import type { AnyRow, Incoming, IncomingPage, Origin, Rewrites, Written } from './incoming.ts';
import { entityDefinition } from './registry.ts';
import { keysOf, layOver, ofStream, readColumns, readExisting, rowOf, withLaid } from './rows.ts';

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

/** Writes what `compareVersions` found to differ. */
export async function writeRewrites(
  tx: Tx,
  name: EntityName,
  tenantId: string,
  { inserts, updates, laid }: Rewrites,
): Promise<void> {
  const entity = entityDefinition(name);
  await insertRows(tx, entity.table, inserts);
  await updateRows(tx, entity.table, tenantId, updates);
  await dropOvertaken(tx, entity, tenantId, laid, updates);
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

/** Of the rows that were written: the others may be older than what was said of them. */
async function dropOvertaken(
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
