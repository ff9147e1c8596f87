import type { Change, EntityRows } from '../entities/definition.ts';
import type { EntityName } from '../records/registry.ts';

/** The day under which undated rows are counted: only "all time" includes it. */
export const undated = '0001-01-01';

/**
 * Sums what changes add and take away, by key. `explode` says what one row contributes; `merge`
 * adds a contribution (sign 1 or -1) to a running delta. Pure: applied to a GROUP BY before, the
 * result gives the GROUP BY after.
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
