import { RemoteError } from '../../platform/http/errors.ts';
import { parseDateTime } from '../kit/date-time.ts';
import { toObject } from '../kit/json.ts';
import { TIME_FIELD } from './describe.ts';
import { normalizeId } from './ids.ts';
import type { Position } from './position.ts';
import type { RowPlace } from './soql.ts';

/** The place of the last row of a page; without rows, the list is where it was. */
export function findPlace({ isTimed, after }: Position, rows: readonly unknown[]): RowPlace | null {
  if (rows.length === 0) return after;
  const row = toObject(rows.at(-1));
  const id = readId(row);
  const at = isTimed ? parseDateTime(String(row[TIME_FIELD] ?? ''), 'UTC') : null;
  if (id === undefined || (isTimed && at === null))
    throw new RemoteError(
      'malformed',
      'Salesforce sent a record without an id or a time of change, so the list cannot go on.',
    );
  return { at: at?.toISOString() ?? null, id };
}

/** The id of a row in its form of 18 characters; undefined when it has none. */
export function readId(row: unknown): string | undefined {
  const id = toObject(row)['Id'];
  return typeof id === 'string' && id.trim() !== '' ? normalizeId(id.trim()) : undefined;
}

export const listDeletedIds = (rows: readonly unknown[]): string[] =>
  rows.flatMap((row) => readId(row) ?? []);
