import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import type { Bucket } from '../../platform/buckets.ts';
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
 * The number of new leads in each of some buckets, in their order. The buckets follow one another
 * without a gap, so the first days of all of them place every day.
 */
export async function countLeadTrend(
  tx: Tx,
  tenantId: string,
  buckets: Bucket[],
): Promise<number[]> {
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return [];
  const starts = sql.param(buckets.map(({ from }) => from));
  const place = sql<number>`width_bucket(${leadMetrics.day}, ${starts}::date[])`;
  const rows = await tx
    .select({ place, count: sql<number>`sum(${leadMetrics.count})::int` })
    .from(leadMetrics)
    .where(
      and(
        eq(leadMetrics.tenantId, tenantId),
        eq(leadMetrics.dimension, 'qualified'),
        sql`${leadMetrics.day} between ${first.from} and ${last.to}`,
      ),
    )
    .groupBy(sql`1`);
  const counts = new Map(rows.map((row) => [row.place, row.count]));
  return buckets.map((_, index) => counts.get(index + 1) ?? 0);
}
