import type { Change, EntityRows } from '../entities/definition.ts';
import type { EntityName } from '../records/registry.ts';

/** The day under which rows without a date are counted; only the period "all time" includes it. */
export const undated = '0001-01-01';

/**
 * Sums by key what changes add and remove, so that GROUP BY before plus the deltas equals GROUP BY
 * after. `explode` returns the keys that a row counts under, with a delta of zero for each; `merge`
 * adds the row to a delta (sign 1) or takes it off (sign -1). Pure, except that `merge` changes the
 * deltas in place.
 */
export function sumDeltas<Name extends EntityName, Delta extends object>(
  changes: readonly Change<Name>[],
  explode: (row: EntityRows[Name]) => { place: string; zero: Delta }[],
  merge: (delta: Delta, row: EntityRows[Name], sign: 1 | -1) => void,
): Delta[] {
  const deltas = new Map<string, Delta>();
  const add = (row: EntityRows[Name], sign: 1 | -1) => {
    for (const { place, zero } of explode(row)) {
      const delta = deltas.get(place) ?? zero;
      merge(delta, row, sign);
      deltas.set(place, delta);
    }
  };
  for (const { before, after } of changes) {
    if (before !== null) add(before, -1);
    if (after !== null) add(after, 1);
  }
  return [...deltas.values()];
}
