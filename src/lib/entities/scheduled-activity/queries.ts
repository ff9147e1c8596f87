import { and, asc, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { keysetPage, keysetQuery, type SortOrder } from '../../platform/db/keyset.ts';
import { scheduledActivityFields } from '../../records/scheduled-activity.ts';
import { scheduledActivities as activities } from '../../schema/scheduled-activities.ts';
import { selectShown } from '../select-fields.ts';

const columns = {
  id: activities.id,
  ...selectShown(activities, scheduledActivityFields, 'list'),
};
const soonestFirst: SortOrder = {
  expression: sql`scheduled_at`,
  type: 'timestamptz',
  direction: 'asc',
};

/** Activities after `now`, soonest first. */
export function upcomingActivities(tx: Tx, tenantId: string, now: Date, limit: number) {
  return tx
    .select(columns)
    .from(activities)
    .where(upcoming(tenantId, now))
    .orderBy(asc(activities.scheduledAt), asc(activities.id))
    .limit(limit);
}

/** One page of `upcomingActivities` from a keyset cursor, for callers that read them all. */
export async function upcomingPage(
  tx: Tx,
  tenantId: string,
  now: Date,
  cursor: string | undefined,
  pageSize: number,
) {
  const keyset = keysetQuery(soonestFirst, sql`id`, cursor, pageSize);
  const rows = await tx
    .select({ ...columns, sortValue: keyset.sortValue })
    .from(activities)
    .where(and(upcoming(tenantId, now), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(soonestFirst, rows, cursor, pageSize);
}

/** The number of activities after `now` and before `until`. */
export async function countUpcoming(
  tx: Tx,
  tenantId: string,
  now: Date,
  until: Date,
): Promise<number> {
  const [row] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(activities)
    .where(and(upcoming(tenantId, now), lt(activities.scheduledAt, until)));
  return row?.count ?? 0;
}

function upcoming(tenantId: string, now: Date) {
  return and(
    eq(activities.tenantId, tenantId),
    isNull(activities.deletedAt),
    gt(activities.scheduledAt, now),
  );
}
