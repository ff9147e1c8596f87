import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import type { CountedKind } from './compute.ts';
import { datedCountMonths, datedCounts } from '../../schema/dated-counts.ts';

/** The number of live rows of a kind. */
export async function countAll(tx: Tx, tenantId: string, kind: CountedKind): Promise<number> {
  return sumCounts(
    tx,
    sql`select count from ${datedCountMonths} where tenant_id = ${tenantId} and kind = ${kind}`,
  );
}

/**
 * The number of live rows of a kind after `day` (ISO date, UTC): the rest of its month by day, plus
 * the whole months after it.
 */
export async function countAfter(
  tx: Tx,
  tenantId: string,
  kind: CountedKind,
  day: string,
): Promise<number> {
  const own = sql`tenant_id = ${tenantId} and kind = ${kind}`;
  const nextMonth = sql`(date_trunc('month', ${day}::timestamp) + interval '1 month')::date`;
  return sumCounts(
    tx,
    sql`
    select count from ${datedCounts} where ${own} and day > ${day} and day < ${nextMonth}
    union all select count from ${datedCountMonths} where ${own} and day >= ${nextMonth}`,
  );
}

async function sumCounts(tx: Tx, counts: ReturnType<typeof sql>): Promise<number> {
  const { rows } = await tx.execute<{ total: number }>(
    sql`select coalesce(sum(count), 0)::int as total from (${counts}) as counted`,
  );
  return rows[0]?.total ?? 0;
}
