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
import { isLinked, type LinkEnd } from '../records/link.ts';
import type { EntityName } from '../records/registry.ts';
import { leads, leadTerms, leadWords } from '../schema/leads.ts';
import { pushPulls } from '../schema/pushes.ts';
import { computeDerived } from './derived.ts';
import { lockDealCopies, planDealCopies, writeDealCopies } from './links/deal-copies.ts';
import { selectEnds } from './links/ends.ts';
import { matchChanges } from './links/match.ts';
import { matchDealsByName } from './links/names.ts';
import { storePushLinks, type PushedRecords, type PushLinkPlan } from './links/push.ts';
import { listStating, storeStatedLinks, type StatingRecord } from './links/stated.ts';
import { deleteLinksOf } from './links/store.ts';
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
  const stating = listStating(resolved.flatMap(({ incoming }) => incoming));
  if (entity === 'opportunity' || stating.size > 0) await lockDealCopies(tx, place.tenantId);
  const rewrites = await planUpsert(tx, entity, resolved);
  await applyRewrites(tx, place, entity, rewrites);
  const changed = rewrites.changes.flatMap(
    ({ after }) => (after && stating.get(after.externalId)) ?? [],
  );
  await applyStatedLinks(tx, place, entity, changed);
  return rewrites;
}

/**
 * Stores what records state about others of their system, and which deals are copies by it. The
 * caller holds `lockDealCopies`.
 */
export async function applyStatedLinks(
  tx: Tx,
  place: ChangedStream,
  entity: EntityName,
  records: readonly StatingRecord[],
): Promise<void> {
  await applyDealCopies(tx, place.tenantId, await storeStatedLinks(tx, place, entity, records));
}

/**
 * Links a lead with what a push of it has created or found, and finds the lead's own deals at its
 * source. The caller holds `lockDealCopies`.
 */
export async function applyPushLinks(
  tx: Tx,
  pushed: PushedRecords,
  plan: PushLinkPlan,
): Promise<void> {
  const { tenantId } = pushed;
  const linked = await storePushLinks(tx, pushed, plan);
  const { connectionId } = plan.lead;
  const matched = await matchDealsByName(tx, { tenantId, connectionId }, [plan.name]);
  await applyDealCopies(tx, tenantId, [...linked, ...matched]);
}

/**
 * Shows one of the opportunities that links connect with the given records, and hides the others.
 * The caller holds `lockDealCopies`.
 */
export async function applyDealCopies(
  tx: Tx,
  tenantId: string,
  ends: readonly LinkEnd[],
): Promise<void> {
  const changes = await planDealCopies(tx, tenantId, ends);
  if (changes.length === 0) return;
  await writeDealCopies(tx, tenantId, changes);
  await computeDerived('opportunity', tenantId, changes)(tx);
}

/** Deletes (softly) the live rows of a stream that meet a condition, and returns how many. */
export async function applyDeletion(
  tx: Tx,
  place: ChangedStream,
  entity: EntityName,
  condition: SQL,
  at: Date,
): Promise<number> {
  if (entity === 'opportunity') await lockDealCopies(tx, place.tenantId);
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
  if (entity === 'opportunity') await lockDealCopies(tx, place.tenantId);
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
  if (isLinked(entity)) await lockDealCopies(tx, tenantId);
  const linked = await deleteLinksOf(tx, tenantId, await selectEnds(tx, tenantId, entity, ids));
  const { count, changes } = await deleteRows(tx, entity, tenantId, ids);
  await applyChanges(tx, place, entity, changes);
  await applyDealCopies(tx, tenantId, linked);
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
  await matchChanges(tx, tenantId, entity, changes);
  if (entity === 'opportunity')
    await refreshDeals(tx, { tenantId, connectionId }, changes as readonly Change<'opportunity'>[]);
}

/** Looks for the leads of changed opportunities, and for what else is the same deal. */
async function refreshDeals(
  tx: Tx,
  place: Pick<ChangedStream, 'tenantId' | 'connectionId'>,
  changes: readonly Change<'opportunity'>[],
): Promise<void> {
  const rows = changes
    .flatMap(({ before, after }) => [before, after])
    .filter((row) => row !== null);
  const renamed = changes.filter(
    ({ before, after }) => before?.name !== after?.name || before?.company !== after?.company,
  );
  const names = renamed.flatMap(({ before, after }) => [before?.name, after?.name]);
  const matched = await matchDealsByName(
    tx,
    place,
    names.filter((name) => name !== undefined),
  );
  await applyDealCopies(tx, place.tenantId, [
    ...matched,
    ...rows.map(({ connectionId, externalId }) => ({
      connectionId,
      entity: 'opportunity' as const,
      externalId,
    })),
  ]);
}
