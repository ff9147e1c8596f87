import type { Change } from '../../entities/definition.ts';
import { toLocalDay } from '../../platform/local-day.ts';
import { sumDeltas } from '../deltas.ts';

export interface EntryDelta {
  connectionId: string;
  stage: string;
  enteredOn: string;
  count: number;
}

/** How changes of opportunities change the number of open ones by stage and day of entry (UTC). */
export function computeEntryDeltas(changes: readonly Change<'opportunity'>[]): EntryDelta[] {
  const deltas = sumDeltas<'opportunity', EntryDelta>(
    changes,
    ({ connectionId, stage, stageEnteredAt, outcome }) => {
      if (outcome !== 'open') return [];
      const enteredOn = toLocalDay('UTC', stageEnteredAt);
      const key = { connectionId, stage, enteredOn };
      return [{ place: JSON.stringify(Object.values(key)), zero: { ...key, count: 0 } }];
    },
    (delta, _row, sign) => {
      delta.count += sign;
    },
  );
  return deltas.filter((delta) => delta.count !== 0);
}
