import type { Change } from '../../entities/definition.ts';
import { toCents } from '../../platform/money.ts';
import { sumDeltas, undated } from '../deltas.ts';
import { toHotListItem } from '../hot-list-items/compute.ts';

export interface StageDelta {
  day: string;
  connectionId: string;
  stage: string;
  outcome: 'open' | 'won' | 'lost';
  count: number;
  valued: number;
  /** Amounts are in cents, so that sums stay exact. */
  valueCents: bigint;
  enteredSeconds: number;
  hot: number;
  weightedCents: bigint;
}

const zero = { count: 0, valued: 0, valueCents: 0n, enteredSeconds: 0, hot: 0, weightedCents: 0n };

/** How changes of opportunities change the sums of their stages by day of creation. */
export function computeStageDeltas(changes: readonly Change<'opportunity'>[]): StageDelta[] {
  const deltas = sumDeltas<'opportunity', StageDelta>(
    changes,
    ({ createdOn, connectionId, stage, outcome }) => {
      const key = { day: createdOn ?? undated, connectionId, stage, outcome };
      return [{ place: JSON.stringify(Object.values(key)), zero: { ...key, ...zero } }];
    },
    (delta, row, sign) => {
      const hot = toHotListItem(row);
      delta.count += sign;
      delta.valued += row.value === null ? 0 : sign;
      delta.valueCents += BigInt(sign) * toCents(row.value ?? '0');
      delta.enteredSeconds += sign * toEpochSeconds(row.stageEnteredAt);
      delta.hot += hot === null ? 0 : sign;
      delta.weightedCents += BigInt(sign) * toCents(hot?.weightedIff ?? '0');
    },
  );
  return deltas.filter((delta) =>
    (Object.keys(zero) as (keyof typeof zero)[]).some((sum) => Number(delta[sum]) !== 0),
  );
}

/** Whole seconds since 1970, because a sum of them stays an exact integer. */
function toEpochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
