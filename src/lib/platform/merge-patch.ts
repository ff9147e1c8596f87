import { isDeepStrictEqual } from 'node:util';
import { getOwn } from './own.ts';

/*
 * JSON merge patch (https://www.rfc-editor.org/rfc/rfc7396): a field that the patch does not name
 * stays, null removes a field, a list is replaced as a whole. A field therefore cannot be set to
 * null; to a mapping, null means the same as absence.
 */

/** The value after the patch. Pure. */
export function applyPatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const kept = isObject(target) ? target : {};
  const names = unionKeys(kept, patch).filter(
    (name) => !Object.hasOwn(patch, name) || patch[name] !== null,
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      Object.hasOwn(patch, name) ? applyPatch(getOwn(kept, name), patch[name]) : kept[name],
    ]),
  );
}

/** The smallest patch that turns `from` into `to`; `{}` when both are the same object. Pure. */
export function createPatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return to;
  const changes = unionKeys(from, to).flatMap((name): [string, unknown][] => {
    if (!Object.hasOwn(to, name)) return [[name, null]];
    if (Object.hasOwn(from, name) && isDeepStrictEqual(from[name], to[name])) return [];
    return [[name, createPatch(getOwn(from, name), to[name])]];
  });
  return Object.fromEntries(changes);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const unionKeys = (one: object, other: object): string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)]),
];
