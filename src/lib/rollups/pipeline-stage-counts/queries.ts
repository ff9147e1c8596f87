import { and, eq, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Tx } from '../../platform/db/pool.ts';
import type { Period } from '../../period.ts';
import { inComparison, inPeriod } from '../range.ts';
import { pipelineStageCounts as counts } from './schema.ts';

/** The sums of one stage. Amounts are numbers for display; exact amounts stay in the table. */
export interface StageSums {
  stage: string;
  count: number;
  valued: number;
  value: number;
  enteredSeconds: number;
  hot: number;
  weighted: number;
  previousCount: number;
  previousValued: number;
  previousValue: number;
}

/** Opportunities by stage, in no particular order. */
export async function stageSums(tx: Tx, tenantId: string, period: Period): Promise<StageSums[]> {
  const within = inPeriod(counts.day, period);
  const compared = inComparison(counts.day, period);
  const total = (column: PgColumn, condition = within) =>
    sql<number>`coalesce(sum(${column}) filter (where ${condition}), 0)::float8`;
  return tx
    .select({
      stage: counts.stage,
      count: total(counts.count),
      valued: total(counts.valued),
      value: total(counts.value),
      enteredSeconds: total(counts.enteredSeconds),
      hot: total(counts.hot),
      weighted: total(counts.weighted),
      previousCount: total(counts.count, compared),
      previousValued: total(counts.valued, compared),
      previousValue: total(counts.value, compared),
    })
    .from(counts)
    .where(and(eq(counts.tenantId, tenantId), or(within, compared)))
    .groupBy(counts.stage);
}
