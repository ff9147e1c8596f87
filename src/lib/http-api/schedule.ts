import { z } from 'zod';
import { maxActivities } from '../views/schedule.ts';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

export const scheduleQuery = z.object({ tenant: tenantParameter });

/** The response of GET /api/dashboard/schedule: future activities, soonest first. */
export const scheduleResponse = z.object({
  activities: z
    .array(
      z.object({
        id: z.uuid(),
        activityType: z.string(),
        scheduledAt: instant,
        contactName: z.string().nullable(),
        description: z.string().nullable(),
        status: z.string().nullable(),
      }),
    )
    .max(maxActivities),
  total: z.int().min(0).describe('Number of future activities, listed or not.'),
});
