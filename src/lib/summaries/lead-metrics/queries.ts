import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import type { Period } from '../../platform/period.ts';
import { undated } from '../deltas.ts';
import { selectRowsWithin } from '../range.ts';
import { leadDimensions, type LeadDimension } from './compute.ts';
import { leadMetricMonths, leadMetrics } from '../../schema/lead-metrics.ts';

export interface KeyCount {
  key: string;
  count: number;
  /** Count in the comparison period; 0 without one. */
  previous: number;
}

interface LeadCountRow extends KeyCount {
  [column: string]: unknown;
  dimension: LeadDimension;
}

/** The number of leads by key of each dimension, highest first, in one statement. */
const tables = { table: leadMetrics, months: leadMetricMonths };

export async function countLeads(
  tx: Tx,
  tenantId: string,
  period: Period,
): Promise<Record<LeadDimension, KeyCount[]>> {
  const known = sql`dimension = any(${sql.param([...leadDimensions])}::text[])`;
  const { rows } = await tx.execute<LeadCountRow>(sql`
    select dimension, key, coalesce(sum(count) filter (where within), 0)::int as count,
      coalesce(sum(count) filter (where not within), 0)::int as previous
    from ${selectRowsWithin(tables, tenantId, period, known)}
    group by dimension, key order by count desc, key`);
  const of = (dimension: LeadDimension): KeyCount[] =>
    rows
      .filter((row) => row.dimension === dimension)
      .map(({ key, count, previous }) => ({ key, count, previous }));
  return { source: of('source'), status: of('status'), qualified: of('qualified') };
}

/** The number of leads without a creation date. */
export async function countUndatedLeads(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`coalesce(sum(${leadMetricMonths.count}), 0)::int` })
    .from(leadMetricMonths)
    .where(
      and(
        eq(leadMetricMonths.tenantId, tenantId),
        eq(leadMetricMonths.dimension, 'qualified'),
        eq(leadMetricMonths.day, undated),
      ),
    );
  return row?.count ?? 0;
}

/**
 * The number of new leads by week (from Monday) or month of creation, oldest first; weeks and
 * months without leads are left out.
 */
export async function countLeadTrend(
  tx: Tx,
  tenantId: string,
  bucket: 'week' | 'month',
  range: { from: string; to: string },
): Promise<{ from: string; count: number }[]> {
  const start = sql<string>`date_trunc(${sql.raw(`'${bucket}'`)}, ${leadMetrics.day})::date::text`;
  return tx
    .select({ from: start, count: sql<number>`sum(${leadMetrics.count})::int` })
    .from(leadMetrics)
    .where(
      and(
        eq(leadMetrics.tenantId, tenantId),
        eq(leadMetrics.dimension, 'qualified'),
        sql`${leadMetrics.day} between ${range.from} and ${range.to}`,
      ),
    )
    .groupBy(sql`1`)
    .orderBy(sql`1`);
}
