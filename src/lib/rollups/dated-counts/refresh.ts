import type { Change } from '../../entities/definition.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { addToRollup, type AdditiveRollup } from '../additive.ts';
import { datedDeltas } from './compute.ts';
import { datedCountMonths, datedCounts } from './schema.ts';

const rollup: AdditiveRollup = { table: datedCounts, months: datedCountMonths, day: 'day', keys: ['kind', 'day'], sums: ['count'] };

/** Brings the number of notes up to date. */
export function refreshNoteCounts(tx: Tx, tenantId: string, changes: readonly Change<'note'>[]): Promise<void> {
  return addToRollup(tx, rollup, tenantId, datedDeltas('note', changes, ({ noteDate }) => noteDate));
}

/** Brings the number of scheduled activities up to date. */
export function refreshActivityCounts(tx: Tx, tenantId: string, changes: readonly Change<'scheduledActivity'>[]): Promise<void> {
  return addToRollup(tx, rollup, tenantId, datedDeltas('scheduledActivity', changes, ({ scheduledAt }) => scheduledAt));
}
