import { and, eq, inArray } from 'drizzle-orm';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import type { ItemContext } from '../../connectors/contract/source.ts';
import { rawSnapshots } from '../../schema/snapshots.ts';
import { readBody } from '../snapshots/store.ts';
import type { recordErrors } from '../../schema/sync.ts';
import { toItemKey } from '../item.ts';
import { judgeItem } from '../suppression/judge.ts';
import { loadSuppression } from '../suppression/suppression.ts';
import type { StoredStream } from './stream.ts';

export type RecordError = typeof recordErrors.$inferSelect;

/** An item as received, with the context for its mapping. */
export interface RawItem {
  error: RecordError;
  item: unknown;
  context: ItemContext<unknown>;
  snapshotId: string;
  receivedAt: Date;
}

/**
 * Reads the items of rejections from the stored responses. An item is left out when its response
 * was pruned, is damaged, or does not hold it, or the person it is about was erased.
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
  const suppression = await loadSuppression(tx, stream.tenantId);
  const found: RawItem[] = [];
  for (const snapshot of snapshots) {
    const items = await readItems(tx, stream, snapshot.sha256);
    for (const error of wanted.get(snapshot.id) ?? []) {
      const index = findItemIndex(stream, items, error);
      if (index < 0) continue;
      const context = {
        settings: stream.settings,
        currency: stream.currency,
        partition: snapshot.partition ?? undefined,
        index,
      };
      const place = { ...stream, partition: snapshot.partition };
      const verdict = judgeItem(suppression, stream.definition, place, items[index]);
      if (!verdict.isKept) continue;
      found.push({
        error,
        item: verdict.item,
        context,
        snapshotId: snapshot.id,
        receivedAt: snapshot.receivedAt,
      });
    }
  }
  return found;
}

/** The Problem for an item that `readRawItems` left out. */
export function rawItemUnavailable(): Problem {
  return new Problem(
    'conflict',
    'The response that held this record is no longer stored, or cannot be read. If the source ' +
      'still has the record, the next full sync brings it back; otherwise discard it.',
  );
}

async function readItems(tx: Tx, stream: StoredStream, sha256: Buffer): Promise<unknown[]> {
  try {
    const body = await readBody(tx, stream.tenantId, sha256);
    return body === undefined ? [] : stream.definition.parse(body);
  } catch (error) {
    // A damaged response counts as missing; a failing database does not.
    if (error instanceof DrizzleQueryError) throw error;
    return [];
  }
}

/**
 * The index of the item: the recorded one, or another when a newer version of the provider's code
 * parses the response differently.
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
