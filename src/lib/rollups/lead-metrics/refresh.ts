import type { Change } from '../../entities/definition.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { addToRollup, type AdditiveRollup } from '../additive.ts';
import { leadMetricDeltas } from './compute.ts';
import { leadMetricMonths, leadMetrics } from './schema.ts';

const rollup: AdditiveRollup = { table: leadMetrics, months: leadMetricMonths, day: 'day', keys: ['dimension', 'day', 'key'], sums: ['count'] };

/** Brings the counts up to date with changes of leads. */
export function refreshLeadMetrics(tx: Tx, tenantId: string, changes: readonly Change<'lead'>[]): Promise<void> {
  return addToRollup(tx, rollup, tenantId, leadMetricDeltas(changes));
}
