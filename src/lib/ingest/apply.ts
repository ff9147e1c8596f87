import { setImmediate } from 'node:timers/promises';
import { and, eq, inArray, type SQL } from 'drizzle-orm';
import type { Change, DerivedWrite, LeadRow } from '../entities/definition.ts';
import type { IncomingPage, Rewrites } from '../entities/incoming.ts';
import {
  deleteRows,
  planUpsert,
  softDelete,
  softDeleteListed,
  writeRewrites,
} from '../entities/upsert.ts';
import type { Tx } from '../platform/db/pool.ts';
import { settleAll } from '../platform/settle-all.ts';
import type { EntityName } from '../records/registry.ts';
import { leads, leadTerms, leadWords } from '../schema/leads.ts';
import { pushPulls } from '../schema/pushes.ts';
import { computeDerived } from './derived.ts';
import {
  recordPendingPulls,
  resolvePushedCopies,
  type ProviderStreamKey,
} from './pushed-copies.ts';

/*
 * The only place that changes entity rows. Everything derived from a change (summaries, the search
 * index, company domains, pending pulls) is written here, in the transaction of the change; a
 * caller that wrote rows itself would leave sums that no longer match the rows.
 */

/** The stream whose rows change. */
export type ChangedStream = Pick<ProviderStreamKey, 'tenantId' | 'connectionId' | 'stream'>;

/** Stores the records of some pages of one stream, and returns what it wrote. */
export async function applyPages(
  tx: Tx,
  place: ProviderStreamKey,
  entity: EntityName,
  pages: readonly IncomingPage[],
): Promise<Rewrites> {
  const resolved = await resolvePushedCopies(tx, place, entity, pages);
  const rewrites = await planUpsert(tx, entity, resolved);
  await applyRewrites(tx, place, entity, rewrites);
  return rewrites;
}

/** Deletes (softly) the live rows of a stream that meet a condition, and returns how many. */
export async function applyDeletion(
  tx: Tx,
  place: ChangedStream,
  entity: EntityName,
  condition: SQL,
  at: Date,
): Promise<number> {
  const changes = await softDelete(tx, entity, place, condition, at);
  await applyChanges(tx, place, entity, changes);
  return changes.length;
}

/** As `applyDeletion`, for the rows with the given external ids. */
export async function applyDeletionOf(
  tx: Tx,
  place: ChangedStream,
  entity: EntityName,
  externalIds: readonly string[],
  at: Date,
): Promise<number> {
  if (externalIds.length === 0) return 0;
  const changes = await softDeleteListed(tx, entity, place, externalIds, at);
  await applyChanges(tx, place, entity, changes);
  return changes.length;
}

/**
 * Deletes rows of one connection for good, deleted ones included, with their search words, pushes
 * and overrides. Returns how many there were.
 */
export async function applyRemoval(
  tx: Tx,
  place: Pick<ChangedStream, 'tenantId' | 'connectionId'>,
  entity: EntityName,
  ids: readonly string[],
): Promise<number> {
  const { tenantId } = place;
  const { count, changes } = await deleteRows(tx, entity, tenantId, ids);
  await applyChanges(tx, place, entity, changes);
  if (entity === 'lead') {
    const gone = [...ids];
    for (const table of [leadTerms, leadWords, pushPulls])
      await tx.delete(table).where(and(eq(table.tenantId, tenantId), inArray(table.leadId, gone)));
  }
  return count;
}

/** Writes rows that differ, and computes what is derived from them while they are being written. */
export async function applyRewrites(
  tx: Tx,
  place: ChangedStream,
  entity: EntityName,
  rewrites: Rewrites,
): Promise<void> {
  const { tenantId } = place;
  const [writeDerived] = await settleAll([
    computeSoon(() => computeDerived(entity, tenantId, rewrites.changes)),
    writeRewrites(tx, entity, tenantId, rewrites),
  ]);
  await finishChanges(tx, place, entity, rewrites.changes, writeDerived);
}

/** Lets statements that were sent before reach the database first. */
async function computeSoon<T>(compute: () => T): Promise<T> {
  await setImmediate();
  return compute();
}

/** Changes columns of a lead that the transaction has locked, and returns the changed row. */
export async function applyLeadChange<Row extends LeadRow>(
  tx: Tx,
  before: Row,
  columns: Partial<LeadRow>,
): Promise<Row> {
  const { tenantId, id, deletedAt } = before;
  const after: Row = { ...before, ...columns };
  await tx
    .update(leads)
    .set(columns)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, id)));
  if (deletedAt === null) await applyChanges(tx, before, 'lead', [{ before, after }]);
  return after;
}

async function applyChanges(
  tx: Tx,
  place: Pick<ChangedStream, 'tenantId' | 'connectionId'>,
  entity: EntityName,
  changes: readonly Change[],
): Promise<void> {
  await finishChanges(tx, place, entity, changes, computeDerived(entity, place.tenantId, changes));
}

async function finishChanges(
  tx: Tx,
  { tenantId, connectionId }: Pick<ChangedStream, 'tenantId' | 'connectionId'>,
  entity: EntityName,
  changes: readonly Change[],
  writeDerived: DerivedWrite,
): Promise<void> {
  if (changes.length === 0) return;
  await writeDerived(tx);
  await recordPendingPulls(tx, { tenantId, connectionId }, entity, changes);
}
