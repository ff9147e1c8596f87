import { sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { stageEntries, stageEntryMonths } from '../../schema/stage-entries.ts';

/** Open opportunities that entered a stage of a connected system before some day. */
export interface EntryCount {
  connectionId: string;
  stage: string;
  count: number;
}

/**
 * The number of open opportunities, by stage, that entered it before a day (ISO date, UTC): whole
 * months before the day's month, plus that month by day.
 */
export async function countEnteredBefore(
  tx: Tx,
  tenantId: string,
  day: string,
): Promise<EntryCount[]> {
  const month = `${day.slice(0, 8)}01`;
  const { rows } = await tx.execute<EntryCount & Record<string, unknown>>(sql`
    select connection_id as "connectionId", stage, sum(count)::int as count from (
      select connection_id, stage, count from ${stageEntryMonths}
      where tenant_id = ${tenantId} and entered_on < ${month}
      union all
      select connection_id, stage, count from ${stageEntries}
      where tenant_id = ${tenantId} and entered_on >= ${month} and entered_on < ${day}
    ) as entered group by connection_id, stage`);
  return rows;
}
