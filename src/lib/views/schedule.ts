import { countUpcoming, upcomingActivities } from '../entities/scheduled-activity/queries.ts';
import { addDays } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { countAfter } from '../summaries/dated-counts/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import type { ScheduleView } from './types.ts';
import type { Workspace } from './workspace.ts';

/** The most activities that the page and the API list. */
export const maxActivities = 100;

/** Reads the future activities, soonest first. */
export function getScheduleView({ tenant }: Workspace, now = new Date()): Promise<ScheduleView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const [activities, total] = await Promise.all([
        upcomingActivities(tx, tenant.id, now, maxActivities),
        countUpcomingTotal(tx, tenant.id, now),
      ]);
      return { activities, total };
    },
    { mayLag: true },
  );
}

/** Counts the rest of today (UTC) and adds the known counts of the days after it. */
async function countUpcomingTotal(tx: Tx, tenantId: string, now: Date): Promise<number> {
  const today = now.toISOString().slice(0, 10);
  const [rest, later] = await Promise.all([
    countUpcoming(tx, tenantId, now, new Date(`${addDays(today, 1)}T00:00:00Z`)),
    countAfter(tx, tenantId, 'scheduledActivity', today),
  ]);
  return rest + later;
}
