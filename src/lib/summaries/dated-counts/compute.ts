import type { Change } from '../../entities/definition.ts';
import { toLocalDay } from '../../platform/local-day.ts';
import { sumDeltas, undated } from '../deltas.ts';

const countedKinds = ['note', 'scheduledActivity'] as const;
export type CountedKind = (typeof countedKinds)[number];

export interface DatedDelta {
  kind: CountedKind;
  day: string;
  count: number;
}

/**
 * How changes of one kind change its number by day (UTC); `getDate` returns the time that counts.
 */
export function computeDatedDeltas<Kind extends CountedKind>(
  kind: Kind,
  changes: readonly Change<Kind>[],
  getDate: (row: NonNullable<Change<Kind>['after']>) => Date | null,
): DatedDelta[] {
  const deltas = sumDeltas<Kind, DatedDelta>(
    changes,
    (row) => {
      const at = getDate(row);
      const day = at === null ? undated : toLocalDay('UTC', at);
      return [{ place: day, zero: { kind, day, count: 0 } }];
    },
    (delta, _row, sign) => {
      delta.count += sign;
    },
  );
  return deltas.filter((delta) => delta.count !== 0);
}
