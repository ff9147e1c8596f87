import { and, eq, lt, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { stageEntries } from './schema.ts';

/** Open opportunities by stage that came into it before a day (ISO date, UTC). */
export async function enteredBefore(tx: Tx, tenantId: string, day: string): Promise<Map<string, number>> {
  const rows = await tx
    .select({ stage: stageEntries.stage, count: sql<number>`sum(${stageEntries.count})::int` })
    .from(stageEntries)
    .where(and(eq(stageEntries.tenantId, tenantId), lt(stageEntries.enteredOn, day)))
    .groupBy(stageEntries.stage);
  return new Map(rows.map((row) => [row.stage, row.count]));
}
