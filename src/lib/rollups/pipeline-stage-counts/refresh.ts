import type { Change } from '../../entities/definition.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { fromCents } from '../../platform/money.ts';
import { addToRollup, type AdditiveRollup } from '../additive.ts';
import { stageDeltas } from './compute.ts';
import { pipelineStageCounts, pipelineStageMonths } from './schema.ts';

const rollup: AdditiveRollup = {
  table: pipelineStageCounts,
  months: pipelineStageMonths,
  day: 'day',
  keys: ['day', 'stage'],
  sums: ['count', 'valued', 'value', 'enteredSeconds', 'hot', 'weighted'],
};

/** Brings the stage counts up to date with changes of opportunities. */
export function refreshPipelineStageCounts(tx: Tx, tenantId: string, changes: readonly Change<'opportunity'>[]): Promise<void> {
  const rows = stageDeltas(changes).map(({ valueCents, weightedCents, ...delta }) => ({
    ...delta,
    value: fromCents(valueCents),
    weighted: fromCents(weightedCents),
  }));
  return addToRollup(tx, rollup, tenantId, rows);
}
