import { z } from 'zod';

/** What may be queued: a payload schema for each queue. Handlers live in worker/jobs. Payloads hold ids, never secrets. */
export const jobs = {
  'sync-connection': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    trigger: z.enum(['schedule', 'manual', 'cli']),
    requestedBy: z.uuid().nullable(),
  }),
} as const;

export type JobName = keyof typeof jobs;
export type JobPayload<Name extends JobName> = z.output<(typeof jobs)[Name]>;
export const jobNames = Object.keys(jobs) as JobName[];
