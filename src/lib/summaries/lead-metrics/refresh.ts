import type { Change, DerivedWrite } from '../../entities/definition.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { addToSummary, recountSummary, type AdditiveSummary } from '../additive-summary.ts';
import { leads } from '../../schema/leads.ts';
import { undated } from '../deltas.ts';
import { computeLeadMetricDeltas, noSource } from './compute.ts';
import { leadMetricMonths, leadMetrics } from '../../schema/lead-metrics.ts';

const summary: AdditiveSummary = {
  table: leadMetrics,
  months: leadMetricMonths,
  day: 'day',
  keys: ['dimension', 'day', 'key'],
  sums: ['count'],
};

/** Brings the counts up to date with changes of leads. */
export function refreshLeadMetrics(
  tenantId: string,
  changes: readonly Change<'lead'>[],
): DerivedWrite {
  const deltas = computeLeadMetricDeltas(changes);
  return (tx) => addToSummary(tx, summary, tenantId, deltas);
}

/** Recounts the live leads, with the same result as a refresh with all of them as changes. */
export function recountLeadMetrics(tx: Tx, tenantId: string): Promise<void> {
  return recountSummary(
    tx,
    summary,
    tenantId,
    sql`
    select dimension, coalesce(created_on, ${undated}::date) as day, key, count(*) as count
    from ${leads} cross join lateral (
      values ('source', coalesce(source, ${noSource})), ('status', status),
        ('qualified', case when qualified then 'yes' else 'no' end)) as counted (dimension, key)
    where tenant_id = ${tenantId} and deleted_at is null and mirror_of is null group by 1, 2, 3`,
  );
}
