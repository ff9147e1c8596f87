import { sql } from 'drizzle-orm';
import type { Change, DerivedWrite } from '../../entities/definition.ts';
import { opportunities } from '../../schema/opportunities.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { addToSummary, recountSummary, type AdditiveSummary } from '../additive-summary.ts';
import { computeEntryDeltas } from './compute.ts';
import { stageEntries, stageEntryMonths } from '../../schema/stage-entries.ts';

const summary: AdditiveSummary = {
  table: stageEntries,
  months: stageEntryMonths,
  day: 'enteredOn',
  keys: ['enteredOn', 'connectionId', 'stage'],
  sums: ['count'],
};

/** Brings the numbers of stage entries up to date with changes of opportunities. */
export function refreshStageEntries(
  tenantId: string,
  changes: readonly Change<'opportunity'>[],
): DerivedWrite {
  const deltas = computeEntryDeltas(changes);
  return (tx) => addToSummary(tx, summary, tenantId, deltas);
}

/** Recounts the open opportunities. */
export function recountStageEntries(tx: Tx, tenantId: string): Promise<void> {
  return recountSummary(
    tx,
    summary,
    tenantId,
    sql`
    select connection_id, stage, (stage_entered_at at time zone 'UTC')::date as entered_on,
      count(*) as count
    from ${opportunities}
    where tenant_id = ${tenantId} and deleted_at is null and mirror_of is null
      and outcome = 'open'
    group by 1, 2, 3`,
  );
}
