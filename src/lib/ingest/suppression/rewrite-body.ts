import { tryParseJson } from '../../connectors/kit/json.ts';
import type { Stream } from '../types.ts';
import { judgeItems, type ItemPlace, type JudgedItems } from './judge.ts';
import type { Suppression } from './suppression.ts';

/** A response without the people who were erased and without what is too old. */
export interface Rewritten extends JudgedItems {
  body: string;
}

/**
 * Takes the erased people, and the items that are outdated, out of a response: out of its items,
 * and out of everything else in its text, because streams leave out items that are in the text all
 * the same. Returns undefined when nobody erased is in it; such a response stays as it was
 * received, letter by letter.
 */
export function rewriteBody(
  suppression: Suppression,
  stream: Stream,
  place: ItemPlace,
  body: string,
  items: readonly unknown[],
  outdated: ReadonlySet<unknown> = new Set(),
): Rewritten | undefined {
  if (suppression.isEmpty && outdated.size === 0) return undefined;
  const judged = judgeItems(suppression, stream, place, items, outdated);
  const gone = new Set(judged.dropped.map(({ item }) => JSON.stringify(item)));
  const rewritten = rewriteText(suppression, stream, gone, body);
  return rewritten === undefined ? undefined : { ...judged, body: rewritten };
}

/** The text without the items that are gone and without what names anybody; undefined if equal. */
function rewriteText(
  suppression: Suppression,
  stream: Pick<Stream, 'rewrite'>,
  gone: ReadonlySet<string>,
  body: string,
): string | undefined {
  const tree = tryParseJson(body);
  if (tree === undefined) {
    const change = (item: unknown) =>
      gone.has(JSON.stringify(item)) ? undefined : suppression.maskValue(item);
    const text = stream.rewrite?.(body, change) ?? suppression.maskText(body);
    return text === body ? undefined : text;
  }
  const rest = suppression.maskValue(removeItems(tree, gone));
  return rest === tree ? undefined : JSON.stringify(rest);
}

const isNumber = (key: string): boolean => /^\d+$/.test(key);

/** The tree without the items; the same tree when it has none of them. */
function removeItems(value: unknown, gone: ReadonlySet<string>): unknown {
  if (gone.size === 0) return value;
  if (typeof value === 'string') return removeFromText(value, gone);
  if (typeof value !== 'object' || value === null) return value;
  const isGone = (each: unknown) =>
    typeof each === 'object' && each !== null && gone.has(JSON.stringify(each));
  if (Array.isArray(value)) {
    const rest = value
      .filter((each) => !isGone(each))
      .map((each: unknown) => removeItems(each, gone));
    return isSame(rest, value) ? value : rest;
  }
  const fields = Object.entries(value);
  // A row that stands where a list is expected leaves an empty list, a numbered one a hole.
  const rest = fields
    .filter(([key, each]) => !(isNumber(key) && isGone(each)))
    .map(([key, each]): [string, unknown] => [key, isGone(each) ? [] : removeItems(each, gone)]);
  const before = fields.map(([, each]) => each);
  return isSame(
    rest.map(([, each]) => each),
    before,
  )
    ? value
    : Object.fromEntries(rest);
}

const isSame = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length && one.every((each, at) => each === other[at]);

/** A list that was encoded twice. */
function removeFromText(text: string, gone: ReadonlySet<string>): string {
  if (!/^\s*[[{]/.test(text)) return text;
  const tree = tryParseJson(text);
  const rest = removeItems(tree, gone);
  return rest === tree ? text : JSON.stringify(rest);
}
