import type { Change } from '../../entities/definition.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { addToRollup, type AdditiveRollup } from '../additive.ts';
import { entryDeltas } from './compute.ts';
import { stageEntries, stageEntryMonths } from './schema.ts';

const rollup: AdditiveRollup = { table: stageEntries, months: stageEntryMonths, day: 'enteredOn', keys: ['enteredOn', 'stage'], sums: ['count'] };

/** Brings the numbers up to date with changes of opportunities. */
export function refreshStageEntries(tx: Tx, tenantId: string, changes: readonly Change<'opportunity'>[]): Promise<void> {
  return addToRollup(tx, rollup, tenantId, entryDeltas(changes));
}
