import { z } from 'zod';
import { scheduledActivityFields } from '../records/scheduled-activity.ts';
import { maxActivities } from '../views/schedule.ts';
import { shownSchema } from './field-schema.ts';
import { tenantParameter } from './tenant.ts';

export const scheduleQuery = z.object({ tenant: tenantParameter });

/** The response of GET /api/dashboard/schedule: future activities, soonest first. */
export const scheduleResponse = z.object({
  activities: z
    .array(z.object({ id: z.uuid(), ...shownSchema(scheduledActivityFields, 'list').shape }))
    .max(maxActivities),
  total: z.int().min(0).describe('Number of future activities, listed or not.'),
});
