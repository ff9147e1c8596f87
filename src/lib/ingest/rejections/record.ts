import { and, inArray, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { mask } from '../../platform/mask.ts';
import { recordErrors } from '../../schema/sync.ts';
import type { Origin } from '../../entities/incoming.ts';
import type { TranslatedPage } from '../translate.ts';
import type { Rejection } from './rejection.ts';
import type { StreamKey } from '../stream-key.ts';
import { whereOpenRejection } from './open.ts';

/** Where rejections come from. */
interface RejectionContext extends StreamKey {
  runId: string;
  snapshotId: string;
}

/**
 * Records the rejected items of pages and resolves the rejections of items that are accepted now,
 * page by page: the same item may be rejected on one page and accepted on a later one, or the other
 * way round. `hasErrors` says whether the stream has any open rejections to resolve.
 */
export async function recordPageRejections(
  tx: Tx,
  runId: string,
  pages: readonly { origin: Origin; translated: TranslatedPage }[],
  hasErrors: boolean,
): Promise<void> {
  for (const { origin, translated } of pages) {
    const { tenantId, connectionId, stream, snapshotId } = origin;
    const streamKey = { tenantId, connectionId, stream };
    await upsertRejections(tx, { ...streamKey, runId, snapshotId }, translated.rejected);
    const accepted = translated.incoming.map(({ record }) => record.externalId);
    if (hasErrors) await resolveAccepted(tx, streamKey, accepted);
  }
}

/** The longest beginning of an item that is kept for display, in characters. */
const maxPayloadLength = 4_000;

/**
 * Records the items that could not become records, and returns how many of them are open. The same
 * item rejected again counts as another attempt. A person's decision about an item holds for as
 * long as the source sends the item unchanged: then the rejection is not opened again.
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
 * A decision is dropped when the item has changed since it was made, a correction also when the
 * item was rejected in spite of it.
 */
function keepDecisions(rejected: readonly Rejection[]) {
  const failed = rejected.flatMap(({ corrected, itemKey }) => (corrected ? [itemKey] : []));
  const same = sql`${recordErrors.itemDigest} = excluded.item_digest`;
  const holds = sql`${same} and ${recordErrors.resolution} in ('discarded', 'corrected')
    and ${recordErrors.itemKey} <> all(${sql.param(failed)}::text[])`;
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

/** Resolves the open rejections of items that were accepted this time. */
export async function resolveAccepted(
  tx: Tx,
  context: StreamKey,
  itemKeys: readonly string[],
): Promise<void> {
  if (itemKeys.length === 0) return;
  await tx
    .update(recordErrors)
    .set({ resolvedAt: sql`now()`, resolution: 'accepted' })
    .where(and(whereOpenRejection(context), inArray(recordErrors.itemKey, [...itemKeys])));
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
