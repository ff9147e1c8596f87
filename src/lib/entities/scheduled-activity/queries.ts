import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { scheduledActivities as activities } from './schema.ts';

/** Activities after `now`, soonest first. */
export function upcomingActivities(tx: Tx, tenantId: string, now: Date, limit: number) {
  return tx
    .select({
      id: activities.id, activityType: activities.activityType, scheduledAt: activities.scheduledAt,
      contactName: activities.contactName, description: activities.description, status: activities.status,
    })
    .from(activities)
    .where(upcoming(tenantId, now))
    .orderBy(asc(activities.scheduledAt), asc(activities.id))
    .limit(limit);
}

export async function countUpcoming(tx: Tx, tenantId: string, now: Date): Promise<number> {
  const [row] = await tx.select({ count: sql<number>`count(*)::int` }).from(activities).where(upcoming(tenantId, now));
  return row?.count ?? 0;
}

function upcoming(tenantId: string, now: Date) {
  return and(eq(activities.tenantId, tenantId), isNull(activities.deletedAt), gt(activities.scheduledAt, now));
}
