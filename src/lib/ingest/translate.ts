import { hash } from 'node:crypto';
import type { StatedLink } from '../records/link.ts';
import { isStorable } from '../records/text.ts';
import { erasedText } from './suppression/tokens.ts';
import { parseRecord } from '../records/registry.ts';
import { JsonText } from '../platform/db/bulk.ts';
import type { Incoming } from '../entities/incoming.ts';
import { RecordRejected, type ItemContext, type Page } from '../connectors/contract/source.ts';
import { hashItem, hasUnstorableCharacter, readItemId, toItemKey, tryCall } from './item.ts';
import type { Corrections } from './rejections/corrections.ts';
import { toRejection, type Rejection } from './rejections/rejection.ts';
import { applyPatch } from '../platform/merge-patch.ts';
import type { Stream } from './types.ts';

export interface TranslatedPage {
  incoming: Incoming[];
  rejected: Rejection[];
  /** The ids of all items that have one, accepted or not: what the page proves to exist. */
  listedIds: string[];
}

/** Maps the items of a page to records. Pure; one bad item never harms its neighbours. */
export function translatePage(
  stream: Stream,
  { settings, currency }: Pick<ItemContext<unknown>, 'settings' | 'currency'>,
  page: Pick<Page, 'items' | 'partition'>,
  corrections: Corrections = new Map(),
): TranslatedPage {
  const result: TranslatedPage = { incoming: [], rejected: [], listedIds: [] };
  page.items.forEach((item, index) => {
    const { id, incoming, rejected } = translateItem(
      stream,
      item,
      { settings, currency, partition: page.partition, index },
      corrections,
    );
    if (id !== undefined) result.listedIds.push(id);
    if (incoming !== undefined) result.incoming.push(incoming);
    if (rejected !== undefined) result.rejected.push(rejected);
  });
  return result;
}

/** The result for one item: either a record to store, or a rejection. */
export interface TranslatedItem {
  id: string | undefined;
  incoming?: Incoming;
  rejected?: Rejection;
}

/**
 * Maps one item. A person's correction is applied first, if there is one for exactly this item.
 * Pure.
 */
export function translateItem(
  stream: Stream,
  received: unknown,
  context: ItemContext<unknown>,
  corrections: Corrections,
): TranslatedItem {
  // The key is computed only when it is needed: most streams have no corrections.
  const correction =
    corrections.size === 0 ? undefined : corrections.get(toItemKey(stream, received));
  const corrected = correction !== undefined && correction.digest === hashItem(received);
  const item = corrected ? applyPatch(received, correction.patch) : received;
  const id = readItemId(stream, item);
  const mapped = tryCall(() => toIncoming(stream, item, context));
  if (mapped.value !== undefined) return { id, incoming: mapped.value };
  const { error } = mapped;
  const itemIndex = context.index;
  return {
    id,
    rejected: toRejection(stream, { received, item, id, itemIndex, corrected, error }),
  };
}

/** All ids of erased people read the same, so that one names nobody. */
const namesOneRecord = ({ externalId }: StatedLink): boolean =>
  isStorable(externalId) && !externalId.includes(erasedText);

function toIncoming(stream: Stream, item: unknown, context: ItemContext<unknown>): Incoming {
  const record = parseRecord(stream.entity, stream.map(item, context));
  const raw = JSON.stringify(item) ?? 'null';
  if (hasUnstorableCharacter(raw))
    throw new RecordRejected(
      'The item holds a character that cannot be stored (NUL or half of a surrogate pair).',
    );
  return {
    record,
    raw: new JsonText(raw),
    hash: hash('sha256', JSON.stringify(record) + raw, 'base64'),
    ...(stream.links && { links: stream.links(item).filter(namesOneRecord) }),
  };
}
