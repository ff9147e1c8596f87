import type { EntityName } from '../../records/registry.ts';
import type { ItemContext } from '../../connectors/contract/source.ts';
import { readItemId, tryCall } from '../item.ts';
import type { Stream } from '../types.ts';
import { toItemForm, toParentForm, type Suppression } from './suppression.ts';
import { findMails, findPhones } from './tokens.ts';

/** Where an item comes from, with what its mapping needs. */
export interface ItemPlace extends Pick<ItemContext<unknown>, 'settings' | 'currency'> {
  connectionId: string;
  partition: string | null | undefined;
}

/**
 * What becomes of an item: it is the erased person's, or is kept, if need be without the person.
 */
export type Verdict =
  { isKept: true; item: unknown } | { isKept: false; id: string | undefined; erasureId: string };

/**
 * Judges one item. A lead or contact of an erased person, and a note or activity about one, is
 * dropped. Anything else (a deal, a referral, a company) stays, with what names the person
 * replaced. Pure.
 */
export function judgeItem(
  suppression: Suppression,
  stream: Stream,
  place: ItemPlace,
  item: unknown,
): Verdict {
  const id = readItemId(stream, item);
  const erasureId = findOwner(suppression, stream, place, item, id);
  return erasureId === undefined
    ? { isKept: true, item: suppression.maskValue(item) }
    : { isKept: false, id, erasureId };
}

/** Items without the people who were erased. */
export interface JudgedItems {
  kept: unknown[];
  /**
   * The items that were dropped, as they were received, and the erasure that each belongs to; null
   * for those that are only too old.
   */
  dropped: { id: string | undefined; item: unknown; erasureId: string | null }[];
}

/** Judges the items of one response, of which some may be too old to be kept. */
export function judgeItems(
  suppression: Suppression,
  stream: Stream,
  place: ItemPlace,
  items: readonly unknown[],
  outdated: ReadonlySet<unknown>,
): JudgedItems {
  const judged: JudgedItems = { kept: [], dropped: [] };
  for (const item of items) {
    const verdict = judgeItem(suppression, stream, place, item);
    if (verdict.isKept && outdated.has(item))
      judged.dropped.push({ id: readItemId(stream, item), item, erasureId: null });
    else if (verdict.isKept) judged.kept.push(verdict.item);
    else judged.dropped.push({ id: verdict.id, item, erasureId: verdict.erasureId });
  }
  return judged;
}

function findOwner(
  suppression: Suppression,
  stream: Stream,
  { connectionId, partition, ...context }: ItemPlace,
  item: unknown,
  id: string | undefined,
): string | undefined {
  const own =
    id === undefined
      ? undefined
      : suppression.find('item', toItemForm(connectionId, stream.name, id));
  if (own !== undefined) return own;
  const mapped = tryCall(() =>
    stream.map(item, { ...context, partition: partition ?? undefined, index: 0 }),
  ).value;
  const record = (mapped ?? {}) as Record<string, unknown>;
  if (isAbout(stream.entity)) return findParent(suppression, connectionId, record, partition);
  if (!isPerson(stream.entity)) return undefined;
  // An item that cannot be mapped is searched as it is, else it would be kept as a rejected record.
  return findPerson(suppression, mapped === undefined ? item : [record['email'], record['phone']]);
}

const isPerson = (entity: EntityName): boolean => entity === 'lead' || entity === 'contact';
const isAbout = (entity: EntityName): boolean =>
  entity === 'note' || entity === 'scheduledActivity';

function findParent(
  suppression: Suppression,
  connectionId: string,
  record: Record<string, unknown>,
  partition: string | null | undefined,
): string | undefined {
  const parent = partition ?? record['contactId'];
  return typeof parent === 'string'
    ? suppression.find('parent', toParentForm(connectionId, parent))
    : undefined;
}

/** The erasure whose address or number stands in one of the texts. */
function findPerson(suppression: Suppression, texts: unknown): string | undefined {
  const values = typeof texts === 'object' && texts !== null ? Object.values(texts) : [texts];
  for (const value of values) {
    if (typeof value !== 'string') continue;
    const found =
      findMails(value)
        .map(({ form }) => suppression.find('email', form))
        .find(Boolean) ??
      findPhones(value)
        .map(({ form }) => suppression.find('phone', form))
        .find(Boolean);
    if (found !== undefined) return found;
  }
  return undefined;
}
