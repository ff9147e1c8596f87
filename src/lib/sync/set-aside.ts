import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import { recordErrors } from './schema.ts';
import type { Rejected } from './translate.ts';

interface Place {
  tenantId: string;
  connectionId: string;
  stream: string;
  runId: string;
  snapshotId: string;
}

const longestPayload = 4_000;

/** Keeps the items that could not become records. The same item rejected again counts as another attempt. */
export async function setAside(tx: Tx, place: Place, rejected: readonly Rejected[]): Promise<void> {
  const newest = new Map(rejected.map((each) => [each.itemKey, each]));
  if (newest.size === 0) return;
  const rows = [...newest.values()].map(({ itemKey, itemIndex, reason, item }) => ({ ...place, id: newId(), itemKey, itemIndex, reason, payload: maskPayload(item) }));
  await tx.insert(recordErrors).values(rows).onConflictDoUpdate({
    target: [recordErrors.tenantId, recordErrors.connectionId, recordErrors.stream, recordErrors.itemKey],
    set: {
      runId: sql`excluded.run_id`, snapshotId: sql`excluded.snapshot_id`, itemIndex: sql`excluded.item_index`, reason: sql`excluded.reason`,
      payload: sql`excluded.payload`, attempts: sql`${recordErrors.attempts} + 1`, lastSeenAt: sql`now()`, resolvedAt: null,
    },
  });
}

/** Takes items off the list that were accepted this time. */
export async function settle(tx: Tx, place: Omit<Place, 'snapshotId' | 'runId'>, itemKeys: readonly string[]): Promise<void> {
  if (itemKeys.length === 0) return;
  await tx
    .update(recordErrors)
    .set({ resolvedAt: sql`now()` })
    .where(and(openIn(place), inArray(recordErrors.itemKey, [...itemKeys])));
}

/** Whether items of a stream are still set aside. */
export async function hasSetAside(tx: Tx, place: Omit<Place, 'snapshotId' | 'runId'>): Promise<boolean> {
  const rows = await tx.select({ id: recordErrors.id }).from(recordErrors).where(openIn(place)).limit(1);
  return rows.length > 0;
}

function openIn({ tenantId, connectionId, stream }: Omit<Place, 'snapshotId' | 'runId'>) {
  return and(
    eq(recordErrors.tenantId, tenantId), eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream), isNull(recordErrors.resolvedAt),
  );
}

/** The item as storable text; values under names that hold personal data keep their first character only. */
export function maskPayload(item: unknown): string {
  const masked = JSON.stringify(item, (key, value: unknown) => (personal.test(key) && typeof value === 'string' && value !== '' ? `${[...value][0]}…` : value));
  return (masked ?? 'null').slice(0, longestPayload).toWellFormed();
}

const personal = /name|mail|phone|address|street|zip|token|secret|password|key/i;
