import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { mask } from '../../platform/mask.ts';
import { recordErrors } from '../../schema/sync.ts';
import type { Rejection } from '../translate.ts';

interface RejectionContext {
  tenantId: string;
  connectionId: string;
  stream: string;
  runId: string;
  snapshotId: string;
}

const maxPayloadLength = 4_000;

/**
 * Keeps the items that could not become records, and tells how many of them wait for a person or
 * for the source. The same item rejected again counts as another attempt. What a person decided
 * about an item holds for as long as the source sends it as it was: then it is not opened again.
 */
export async function upsertRejections(
  tx: Tx,
  context: RejectionContext,
  rejected: readonly Rejection[],
): Promise<number> {
  const newest = new Map(rejected.map((each) => [each.itemKey, each]));
  if (newest.size === 0) return 0;
  const rows = [...newest.values()].map(({ itemKey, itemIndex, kind, reason, digest, item }) => ({
    ...context,
    id: newId(),
    itemKey,
    itemIndex,
    kind,
    reason,
    itemDigest: digest,
    payload: maskPayload(item),
  }));
  const kept = await tx
    .insert(recordErrors)
    .values(rows)
    .onConflictDoUpdate({
      target: [
        recordErrors.tenantId,
        recordErrors.connectionId,
        recordErrors.stream,
        recordErrors.itemKey,
      ],
      set: { ...refreshedColumns, ...keepDecisions(rejected) },
    })
    .returning({ resolvedAt: recordErrors.resolvedAt });
  return kept.filter(({ resolvedAt }) => resolvedAt === null).length;
}

const refreshedColumns = {
  runId: sql`excluded.run_id`,
  snapshotId: sql`excluded.snapshot_id`,
  itemIndex: sql`excluded.item_index`,
  kind: sql`excluded.kind`,
  reason: sql`excluded.reason`,
  itemDigest: sql`excluded.item_digest`,
  payload: sql`excluded.payload`,
  attempts: sql`${recordErrors.attempts} + 1`,
  lastSeenAt: sql`now()`,
};

/**
 * A decision falls with the content that it was made for, and a correction does when it does not
 * help any more.
 */
function keepDecisions(rejected: readonly Rejection[]) {
  const failed = rejected.flatMap(({ corrected, itemKey }) => (corrected ? [itemKey] : []));
  const same = sql`${recordErrors.itemDigest} = excluded.item_digest`;
  const holds = sql`${same} and ${recordErrors.resolution} in ('discarded', 'corrected') and ${recordErrors.itemKey} <> all(${sql.param(failed)}::text[])`;
  const ifHolds = (
    column:
      | typeof recordErrors.resolvedAt
      | typeof recordErrors.resolution
      | typeof recordErrors.resolvedBy
      | typeof recordErrors.note,
  ) => sql`case when ${holds} then ${column} end`;
  return {
    resolvedAt: ifHolds(recordErrors.resolvedAt),
    resolution: ifHolds(recordErrors.resolution),
    resolvedBy: ifHolds(recordErrors.resolvedBy),
    note: ifHolds(recordErrors.note),
    correction: sql`case when ${same} then ${recordErrors.correction} end`,
  };
}

/** Takes items off the list that were accepted this time. */
export async function resolveAccepted(
  tx: Tx,
  context: Omit<RejectionContext, 'snapshotId' | 'runId'>,
  itemKeys: readonly string[],
): Promise<void> {
  if (itemKeys.length === 0) return;
  await tx
    .update(recordErrors)
    .set({ resolvedAt: sql`now()`, resolution: 'accepted' })
    .where(and(whereOpen(context), inArray(recordErrors.itemKey, [...itemKeys])));
}

/** Whether items of a stream are still set aside. */
export async function hasOpenRejections(
  tx: Tx,
  context: Omit<RejectionContext, 'snapshotId' | 'runId'>,
): Promise<boolean> {
  const rows = await tx
    .select({ id: recordErrors.id })
    .from(recordErrors)
    .where(whereOpen(context))
    .limit(1);
  return rows.length > 0;
}

function whereOpen({
  tenantId,
  connectionId,
  stream,
}: Omit<RejectionContext, 'snapshotId' | 'runId'>) {
  return and(
    eq(recordErrors.tenantId, tenantId),
    eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream),
    isNull(recordErrors.resolvedAt),
  );
}

/** The beginning of the item as storable text, with its personal values masked. */
export function maskPayload(item: unknown): string {
  return stringifyMasked(item).slice(0, maxPayloadLength).toWellFormed();
}

function stringifyMasked(item: unknown): string {
  try {
    return JSON.stringify(mask(item)) ?? 'null';
  } catch {
    return '"This item is nested too deeply to be shown."';
  }
}
