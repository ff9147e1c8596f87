import { sql } from 'drizzle-orm';
import type { Change, DerivedWrite } from '../../entities/definition.ts';
import { opportunities } from '../../schema/opportunities.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { fromCents } from '../../platform/money.ts';
import { addToSummary, recountSummary, type AdditiveSummary } from '../additive-summary.ts';
import { undated } from '../deltas.ts';
import { hotListItems } from '../../schema/hot-list-items.ts';
import { computeStageDeltas } from './compute.ts';
import { pipelineStageCounts, pipelineStageMonths } from '../../schema/pipeline-stage-counts.ts';

const summary: AdditiveSummary = {
  table: pipelineStageCounts,
  months: pipelineStageMonths,
  day: 'day',
  keys: ['day', 'connectionId', 'stage', 'outcome'],
  sums: ['count', 'valued', 'value', 'enteredSeconds', 'hot', 'weighted'],
};

/** Brings the sums of stages up to date with changes of opportunities. */
export function refreshPipelineStageCounts(
  tenantId: string,
  changes: readonly Change<'opportunity'>[],
): DerivedWrite {
  const rows = computeStageDeltas(changes).map(({ valueCents, weightedCents, ...delta }) => ({
    ...delta,
    value: fromCents(valueCents),
    weighted: fromCents(weightedCents),
  }));
  return (tx) => addToSummary(tx, summary, tenantId, rows);
}

/** Recounts the live opportunities, with the sums of their hot list items. */
export function recountPipelineStageCounts(tx: Tx, tenantId: string): Promise<void> {
  return recountSummary(
    tx,
    summary,
    tenantId,
    sql`
    select coalesce(created_on, ${undated}::date) as day, connection_id, o.stage, outcome,
      count(*) as count,
      count(value) as valued, coalesce(sum(value), 0) as value,
      sum(floor(extract(epoch from stage_entered_at)))::bigint as entered_seconds,
      count(hot.opportunity_id) as hot, coalesce(sum(hot.weighted_iff), 0) as weighted
    from ${opportunities} as o
    left join ${hotListItems} as hot on hot.tenant_id = o.tenant_id and hot.opportunity_id = o.id
    where o.tenant_id = ${tenantId} and deleted_at is null and mirror_of is null
    group by 1, 2, 3, 4`,
  );
}
