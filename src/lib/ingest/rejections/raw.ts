import { and, eq, inArray } from 'drizzle-orm';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import type { MapContext } from '../../connectors/contract/source.ts';
import { rawSnapshots } from '../../schema/snapshots.ts';
import { readBody } from '../snapshots/store.ts';
import type { recordErrors } from '../../schema/sync.ts';
import { toItemKey } from '../item.ts';
import type { StoredStream } from './stream.ts';

export type RecordError = typeof recordErrors.$inferSelect;

/** An item as it was received, with what its mapping may know. */
export interface RawItem {
  error: RecordError;
  item: unknown;
  context: MapContext<unknown>;
  snapshotId: string;
  receivedAt: Date;
}

/**
 * Reads items from the answers that were kept. Those whose answer was pruned, damaged or does not
 * hold them are left out.
 */
export async function readRawItems(
  tx: Tx,
  stream: StoredStream,
  errors: readonly RecordError[],
): Promise<RawItem[]> {
  const wanted = Map.groupBy(errors, ({ snapshotId }) => snapshotId);
  const own = and(
    eq(rawSnapshots.tenantId, stream.tenantId),
    inArray(rawSnapshots.id, [...wanted.keys()]),
  );
  const { id, sha256, partition, receivedAt } = rawSnapshots;
  const snapshots =
    errors.length === 0
      ? []
      : await tx.select({ id, sha256, partition, receivedAt }).from(rawSnapshots).where(own);
  const found: RawItem[] = [];
  for (const snapshot of snapshots) {
    const items = await readItems(tx, stream, snapshot.sha256);
    for (const error of wanted.get(snapshot.id) ?? []) {
      const index = findItemIndex(stream, items, error);
      if (index < 0) continue;
      const context = {
        settings: stream.settings,
        partition: snapshot.partition ?? undefined,
        index,
      };
      found.push({
        error,
        item: items[index],
        context,
        snapshotId: snapshot.id,
        receivedAt: snapshot.receivedAt,
      });
    }
  }
  return found;
}

/** The Problem when an item is not among those that `readRawItems` found. */
export function rawItemUnavailable(): Problem {
  return new Problem(
    'conflict',
    'The answer that held this record is not kept any more, or cannot be read. If the source still has the record, the next full sync brings it back; else discard it.',
  );
}

async function readItems(tx: Tx, stream: StoredStream, sha256: Buffer): Promise<unknown[]> {
  try {
    const body = await readBody(tx, stream.tenantId, sha256);
    return body === undefined ? [] : stream.definition.parse(body);
  } catch (error) {
    // What is damaged in storage counts as gone; a database that fails is another matter.
    if (error instanceof DrizzleQueryError) throw error;
    return [];
  }
}

/**
 * Where the item stands: at its noted place, or elsewhere when a newer adapter reads the answer
 * differently.
 */
function findItemIndex(
  { definition }: StoredStream,
  items: readonly unknown[],
  { itemIndex, itemKey }: RecordError,
): number {
  const isSameItem = (item: unknown) => toItemKey(definition, item) === itemKey;
  return itemIndex < items.length && isSameItem(items[itemIndex])
    ? itemIndex
    : items.findIndex(isSameItem);
}
