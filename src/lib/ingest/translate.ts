import { createHash } from 'node:crypto';
import { z } from 'zod';
import { recordSchemas, type EntityName } from '../records/registry.ts';
import { isStorable } from '../records/text.ts';
import { JsonText } from '../platform/db/bulk.ts';
import type { Incoming } from '../entities/incoming.ts';
import { RecordRejected, type MapContext, type Page } from '../connectors/contract/source.ts';
import type { Corrections } from './rejections/corrections.ts';
import { applyPatch } from '../platform/merge-patch.ts';
import type { Stream } from './types.ts';

/** An item that is set aside, with the reason in plain words. */
export interface Rejection {
  itemKey: string;
  itemIndex: number;
  /** The class of the reason: the field to blame, else `no_id`, `characters` or `mapping`. */
  kind: string;
  reason: string;
  /** The item as received, and its digest. */
  item: unknown;
  digest: string;
  /** Whether it was refused although a person's correction was laid over it. */
  corrected: boolean;
}

export interface TranslatedPage {
  incoming: Incoming[];
  rejected: Rejection[];
  /** The ids of all items that have one, accepted or not: what the page proves to exist. */
  visibleChanges: string[];
}

/** Maps the items of a page to records. Pure; one bad item never harms its neighbours. */
export function translatePage(
  stream: Stream,
  settings: unknown,
  page: Pick<Page, 'items' | 'partition'>,
  corrections: Corrections = new Map(),
): TranslatedPage {
  const result: TranslatedPage = { incoming: [], rejected: [], visibleChanges: [] };
  page.items.forEach((item, index) => {
    const { id, incoming, rejected } = translateItem(
      stream,
      item,
      { settings, partition: page.partition, index },
      corrections,
    );
    if (id !== undefined) result.visibleChanges.push(id);
    if (incoming !== undefined) result.incoming.push(incoming);
    if (rejected !== undefined) result.rejected.push(rejected);
  });
  return result;
}

/** What became of one item: either it is on its way in, or it was rejected. */
export interface TranslatedItem {
  id: string | undefined;
  incoming?: Incoming;
  rejected?: Rejection;
}

/**
 * Maps one item, with a person's correction laid over it if there is one for this very item. Pure.
 */
export function translateItem(
  stream: Stream,
  received: unknown,
  context: MapContext<unknown>,
  corrections: Corrections,
): TranslatedItem {
  // Most streams have none, and a key costs as much as an id.
  const correction =
    corrections.size === 0 ? undefined : corrections.get(toItemKey(stream, received));
  const corrected = correction !== undefined && correction.digest === hashItem(received);
  const item = corrected ? applyPatch(received, correction.patch) : received;
  const id = readItemId(stream, item);
  const mapped = tryCall(() => toIncoming(stream, item, context));
  if (mapped.value !== undefined) return { id, incoming: mapped.value };
  const { error } = mapped;
  const itemKey = toItemKey(stream, received);
  return {
    id,
    rejected: {
      itemKey,
      itemIndex: context.index,
      kind: classifyRejection(error, id, item),
      reason: formatReason(error),
      item: received,
      digest: hashItem(received),
      corrected,
    },
  };
}

/**
 * The key under which an item is set aside: the source's id, or a digest of the item when it has
 * none that can be stored.
 */
export function toItemKey(stream: Stream, item: unknown): string {
  return readItemId(stream, item)?.slice(0, 200) ?? `digest:${hashItem(item).slice(0, 32)}`;
}

/** SHA-256 of the item's JSON, in hex. */
export function hashItem(item: unknown): string {
  return createHash('sha256').update(toJson(item)).digest('hex');
}

/** The source's id of an item; undefined when it has none that can be stored. */
export function readItemId(stream: Stream, item: unknown): string | undefined {
  const id = tryCall(() => stream.identify(item)).value;
  return id !== undefined && isStorable(id) ? id : undefined;
}

function toIncoming(stream: Stream, item: unknown, context: MapContext<unknown>): Incoming {
  const record = parseRecord(stream.entity, stream.map(item, context));
  const raw = JSON.stringify(item) ?? 'null';
  if (raw.includes('\\u') && unstorable.test(raw))
    throw new RecordRejected(
      'The item holds a character that cannot be stored (NUL or half of a surrogate pair).',
    );
  const hash = createHash('sha256').update(JSON.stringify(record)).update(raw).digest('base64');
  return { record, raw: new JsonText(raw), hash };
}

function parseRecord(entity: EntityName, record: unknown): Incoming['record'] {
  return recordSchemas[entity].parse(record);
}

/**
 * JSON text escapes what Postgres refuses: an escape counts when an even number of backslashes
 * stands before it.
 */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

function tryCall<T>(work: () => T): { value?: T; error?: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/**
 * An item that is nested too deeply to be written down is told apart by nothing; it is set aside
 * all the same.
 */
const toJson = (item: unknown): string => tryCall(() => JSON.stringify(item) ?? 'null').value ?? '';

function classifyRejection(error: unknown, id: string | undefined, item: unknown): string {
  if (id === undefined) return 'no_id';
  if (unstorable.test(toJson(item))) return 'characters';
  if (error instanceof RecordRejected) return error.field ?? 'mapping';
  if (error instanceof z.ZodError)
    return error.issues[0]?.path.filter((part) => typeof part === 'string').join('.') || 'mapping';
  return 'mapping';
}

function formatReason(error: unknown): string {
  if (error instanceof RecordRejected) return error.message;
  if (error instanceof z.ZodError) {
    return error.issues
      .map(
        (issue) =>
          `The field "${issue.path.join('.')}" ${issue.message.replace(/^Invalid input: expected/, 'should be')}.`,
      )
      .join(' ');
  }
  return 'The item could not be read: its mapping failed.';
}
