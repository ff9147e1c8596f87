import { and, desc, eq, or, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import type { Period } from '../../period.ts';
import { undated } from '../deltas.ts';
import { inComparison, inPeriod } from '../range.ts';
import type { LeadDimension } from './compute.ts';
import { leadMetrics } from './schema.ts';

export interface KeyCount {
  key: string;
  count: number;
  /** In the range of comparison; 0 when there is none. */
  previous: number;
}

/** Leads by the keys of a dimension, most first. */
export async function leadCounts(tx: Tx, tenantId: string, dimension: LeadDimension, period: Period): Promise<KeyCount[]> {
  const within = inPeriod(leadMetrics.day, period);
  const compared = inComparison(leadMetrics.day, period);
  const count = sql<number>`coalesce(sum(${leadMetrics.count}) filter (where ${within}), 0)::int`;
  const previous = sql<number>`coalesce(sum(${leadMetrics.count}) filter (where ${compared}), 0)::int`;
  return tx
    .select({ key: leadMetrics.key, count, previous })
    .from(leadMetrics)
    .where(and(eq(leadMetrics.tenantId, tenantId), eq(leadMetrics.dimension, dimension), or(within, compared)))
    .groupBy(leadMetrics.key)
    .orderBy(desc(count), leadMetrics.key);
}

/** Leads without a creation date. */
export async function undatedLeads(tx: Tx, tenantId: string): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`coalesce(sum(${leadMetrics.count}), 0)::int` })
    .from(leadMetrics)
    .where(and(eq(leadMetrics.tenantId, tenantId), eq(leadMetrics.dimension, 'qualified'), eq(leadMetrics.day, undated)));
  return row?.count ?? 0;
}

/** New leads by week (Monday) or month of creation, oldest first; buckets without leads are left out. */
export async function leadTrend(tx: Tx, tenantId: string, bucket: 'week' | 'month', range: { from: string; to: string }): Promise<{ from: string; count: number }[]> {
  const start = sql<string>`date_trunc(${sql.raw(`'${bucket}'`)}, ${leadMetrics.day})::date::text`;
  return tx
    .select({ from: start, count: sql<number>`sum(${leadMetrics.count})::int` })
    .from(leadMetrics)
    .where(and(eq(leadMetrics.tenantId, tenantId), eq(leadMetrics.dimension, 'qualified'), inPeriod(leadMetrics.day, range)))
    .groupBy(sql`1`)
    .orderBy(sql`1`);
}
