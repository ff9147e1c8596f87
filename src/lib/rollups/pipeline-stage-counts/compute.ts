import type { Change } from '../../entities/definition.ts';
import { toCents } from '../../platform/money.ts';
import { sumDeltas, undated } from '../deltas.ts';

export interface StageDelta {
  day: string;
  stage: string;
  count: number;
  valued: number;
  /** In cents, so that sums stay exact. */
  cents: bigint;
  enteredSeconds: number;
}

/** How changes of opportunities change the counts of their stages. */
export function stageDeltas(changes: readonly Change<'opportunity'>[]): StageDelta[] {
  const deltas = sumDeltas<'opportunity', StageDelta>(
    changes,
    ({ createdOn, stage }) => {
      const day = createdOn ?? undated;
      return [{ place: JSON.stringify([day, stage]), zero: { day, stage, count: 0, valued: 0, cents: 0n, enteredSeconds: 0 } }];
    },
    (delta, row, sign) => {
      delta.count += sign;
      delta.valued += row.value === null ? 0 : sign;
      delta.cents += BigInt(sign) * toCents(row.value ?? '0');
      delta.enteredSeconds += sign * secondsOf(row.stageEnteredAt);
    },
  );
  return deltas.filter(({ count, valued, cents, enteredSeconds }) => count !== 0 || valued !== 0 || cents !== 0n || enteredSeconds !== 0);
}

/** Whole seconds since 1970: a sum of them stays an exact integer. */
export function secondsOf(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
