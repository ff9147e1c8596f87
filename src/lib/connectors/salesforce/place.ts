import { parseDateTime } from '../../conversion/values/date-time.ts';
import { toObject } from '../kit/json.ts';
import { TIME_FIELD } from './describe.ts';
import { normalizeId } from './ids.ts';
import type { Position } from './position.ts';
import type { RowPlace } from './soql.ts';

/**
 * The place of the last row of a page that has an id and a time of change; where the list was when
 * none has. Rows without them are rejected records, and must not end a list.
 */
export function findPlace({ isTimed, after }: Position, rows: readonly unknown[]): RowPlace | null {
  for (const row of rows.toReversed()) {
    const id = readId(row);
    const at = isTimed ? parseDateTime(String(toObject(row)[TIME_FIELD] ?? ''), 'UTC') : null;
    if (id !== undefined && (!isTimed || at !== null)) return { at: at?.toISOString() ?? null, id };
  }
  return after;
}

/** The id of a row in its form of 18 characters; undefined when it has none. */
export function readId(row: unknown): string | undefined {
  const id = toObject(row)['Id'];
  return typeof id === 'string' && id.trim() !== '' ? normalizeId(id.trim()) : undefined;
}

export const listDeletedIds = (rows: readonly unknown[]): string[] =>
  rows.flatMap((row) => readId(row) ?? []);
