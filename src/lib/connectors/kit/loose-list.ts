import { tryParseJson } from './json.ts';

/*
 * Lists of services that are lax about them. PHP writes an array whose keys have holes as an object
 * with numeric keys, and an empty one as `{}` or `[]`; other services send `null`, `false` or ""
 * for no rows, the row itself instead of a list of one, lists inside lists, and lists below another
 * `data`.
 */

/** How deep lists may be nested. */
const MAX_DEPTH = 20;

/** The rows of a list in any of these forms. */
export interface LooseList {
  rows: unknown[];
  /** How many places the list has, those that hold nothing (null, false, "", {}) included. */
  places: number;
}

/**
 * Reads a list; undefined when the value is none in any known form. `isRow` tells whether an object
 * that stands where a list is expected is a single row of it; objects in an array are always rows.
 */
export function readLooseList(
  value: unknown,
  isRow: (fields: Record<string, unknown>) => boolean,
): LooseList | undefined {
  const places = listPlaces(value, isRow, 0);
  return places === undefined
    ? undefined
    : { rows: places.filter((place) => !isBlank(place)), places: places.length };
}

type IsRow = (fields: Record<string, unknown>) => boolean;

function listPlaces(value: unknown, isRow: IsRow, depth: number): unknown[] | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (isNothing(value)) return [];
  if (Array.isArray(value)) return value.flatMap((place) => flattenPlace(place, isRow, depth));
  if (typeof value === 'string') return listEncoded(value, isRow, depth);
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  if (isRow(fields)) return [fields];
  const numbered = Object.keys(fields).filter((key) => isNumber(key) && isPlace(fields[key]));
  if (numbered.length > 0)
    return numbered.flatMap((key) => flattenPlace(fields[key], isRow, depth));
  if (Object.keys(fields).length === 0) return [];
  return Object.hasOwn(fields, 'data') ? listPlaces(fields.data, isRow, depth + 1) : undefined;
}

/** An array, or an object with numeric keys, inside a list is a part of it; all else is a row. */
function flattenPlace(place: unknown, isRow: IsRow, depth: number): unknown[] {
  const isList = Array.isArray(place) || isNumbered(place);
  const places = isList ? listPlaces(place, isRow, depth + 1) : undefined;
  return places ?? [place];
}

function isNumbered(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every(isNumber);
}

const isNumber = (key: string) => /^\d+$/.test(key);

/** Numbers that lead to plain text, such as ids to names, make no list of rows. */
const isPlace = (value: unknown) => typeof value === 'object' || isNothing(value);

/** A list that was encoded twice, so that its JSON arrives as text. */
function listEncoded(text: string, isRow: IsRow, depth: number): unknown[] | undefined {
  const value = /^\s*[[{]/.test(text) ? tryParseJson(text) : undefined;
  return value === undefined ? undefined : listPlaces(value, isRow, depth + 1);
}

function isNothing(value: unknown): boolean {
  return value === null || value === false || (typeof value === 'string' && value.trim() === '');
}

function isBlank(place: unknown): boolean {
  const isObject = typeof place === 'object' && place !== null;
  return isNothing(place) || (isObject && Object.keys(place).length === 0);
}
