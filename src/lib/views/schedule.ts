import { countUpcoming, upcomingActivities } from '../entities/scheduled-activity/queries.ts';
import { readTenant } from '../tenancy/with-tenant.ts';
import type { ScheduleView } from './types.ts';
import type { Workspace } from './workspace.ts';

/** The most activities that the page and the API list. */
export const mostActivities = 100;

/** What is planned from now on, soonest first. */
export function scheduleView({ tenant }: Workspace, now = new Date()): Promise<ScheduleView> {
  return readTenant(tenant.id, async (tx) => ({
    activities: await upcomingActivities(tx, tenant.id, now, mostActivities),
    total: await countUpcoming(tx, tenant.id, now),
  }));
}
