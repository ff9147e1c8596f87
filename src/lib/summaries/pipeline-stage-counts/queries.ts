import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import type { Period } from '../../platform/period.ts';
import { selectRowsWithin } from '../range.ts';
import { pipelineStageCounts, pipelineStageMonths } from '../../schema/pipeline-stage-counts.ts';

/**
 * The sums of one stage of a connected system by outcome; `previous…` are those of the comparison
 * period. Amounts are numbers for display; the exact ones are in the table.
 */
export interface StageSums {
  connectionId: string;
  outcome: 'open' | 'won' | 'lost';
  stage: string;
  count: number;
  valued: number;
  value: number;
  enteredSeconds: number;
  previousCount: number;
  previousValued: number;
  previousValue: number;
}

const tables = { table: pipelineStageCounts, months: pipelineStageMonths };

/** The sums of all stages, in no particular order. */
export async function sumStages(tx: Tx, tenantId: string, period: Period): Promise<StageSums[]> {
  const total = (column: string, within = sql`within`) =>
    sql`coalesce(sum(${sql.identifier(column)}) filter (where ${within}), 0)::float8`;
  const before = sql`not within`;
  const { rows } = await tx.execute<StageSums & Record<string, unknown>>(sql`
    select connection_id as "connectionId", stage, outcome,
      ${total('count')} as count, ${total('valued')} as valued, ${total('value')} as value,
      ${total('entered_seconds')} as "enteredSeconds",
      ${total('count', before)} as "previousCount", ${total('valued', before)} as "previousValued",
      ${total('value', before)} as "previousValue"
    from ${selectRowsWithin(tables, tenantId, period)} group by connection_id, stage, outcome`);
  return rows;
}

/** The number of opportunities on the hot list, in one stage or all, and their weighted fees. */
export async function sumHotList(
  tx: Tx,
  tenantId: string,
  stage: string | undefined,
): Promise<{ count: number; weighted: number }> {
  const ofStage = stage === undefined ? sql`true` : sql`stage = ${stage}`;
  const { rows } = await tx.execute<{ count: number; weighted: number }>(sql`
    select coalesce(sum(hot), 0)::int as count, coalesce(sum(weighted), 0)::float8 as weighted
    from ${pipelineStageMonths} where tenant_id = ${tenantId} and ${ofStage}`);
  return rows[0] ?? { count: 0, weighted: 0 };
}
