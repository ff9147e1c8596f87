import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { stageEntries, stageEntryMonths } from '../../schema/stage-entries.ts';

/**
 * The number of open opportunities, by stage, that entered it before a day (ISO date, UTC): whole
 * months before the day's month, plus that month by day.
 */
export async function countEnteredBefore(
  tx: Tx,
  tenantId: string,
  day: string,
): Promise<Map<string, number>> {
  const month = `${day.slice(0, 8)}01`;
  const { rows } = await tx.execute<{ stage: string; count: number }>(sql`
    select stage, sum(count)::int as count from (
      select stage, count from ${stageEntryMonths}
      where tenant_id = ${tenantId} and entered_on < ${month}
      union all
      select stage, count from ${stageEntries}
      where tenant_id = ${tenantId} and entered_on >= ${month} and entered_on < ${day}
    ) as entered group by stage`);
  return new Map(rows.map((row) => [row.stage, row.count]));
}
