import { z } from 'zod';
import { instant, line, optionalLine, prose } from './text.ts';

/** A call, meeting or task that is planned for a time. */
export const scheduledActivityRecord = z.object({
  externalId: line(200),
  activityType: line(),
  scheduledAt: instant(),
  contactName: optionalLine(),
  /** Plain text. */
  description: prose().nullable(),
  status: optionalLine(),
});
export type ScheduledActivityRecord = z.output<typeof scheduledActivityRecord>;
