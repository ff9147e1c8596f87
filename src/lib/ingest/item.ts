import { createHash } from 'node:crypto';
import { isStorable } from '../records/text.ts';
import type { Stream } from './types.ts';

/*
 * What identifies an item of a stream before it becomes a record: the source's id, and a digest of
 * the item as received.
 */

/** The longest id that serves as a key, in characters. */
const maxKeyLength = 200;
/** Hex digits of the digest that stands in for a missing id. */
const digestKeyLength = 32;

/**
 * The key under which an item is rejected and corrected: the source's id, or a digest of the item
 * when it has no id that can be stored.
 */
export function toItemKey(stream: Stream, item: unknown): string {
  const id = readItemId(stream, item);
  return id === undefined ? toDigestKey(item) : toIdKey(id);
}

export const toIdKey = (id: string): string => id.slice(0, maxKeyLength);
export const toDigestKey = (item: unknown): string =>
  `digest:${hashItem(item).slice(0, digestKeyLength)}`;
export const isDigestKey = (key: string): boolean => key.startsWith('digest:');

/** The source's id of an item; undefined when it has none that can be stored. */
export function readItemId(stream: Stream, item: unknown): string | undefined {
  const id = tryCall(() => stream.identify(item)).value;
  return id !== undefined && isStorable(id) ? id : undefined;
}

/** SHA-256 of the item's JSON, in hex. */
export function hashItem(item: unknown): string {
  return createHash('sha256').update(toJson(item)).digest('hex');
}

/**
 * The item's JSON. Empty when the item is nested too deeply to be serialized: all such items share
 * one digest, and are rejected all the same.
 */
export const toJson = (item: unknown): string =>
  tryCall(() => JSON.stringify(item) ?? 'null').value ?? '';

/**
 * Whether JSON text holds a character that PostgreSQL refuses: NUL, or half of a surrogate pair.
 * JSON escapes both, and an escape counts when an even number of backslashes precedes it.
 */
export const hasUnstorableCharacter = (json: string): boolean =>
  json.includes('\\u') && unstorablePattern.test(json);

const unstorablePattern = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** The value of a call, or the error that it threw. */
export function tryCall<T>(work: () => T): { value?: T; error?: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
