import { z } from 'zod';

/**
 * The payload schema of each queue. The handlers are in worker/jobs. Payloads contain ids, never
 * secrets.
 */
export const jobs = {
  'sync-connection': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    trigger: z.enum(['schedule', 'manual', 'cli']),
    requestedBy: z.uuid().nullable(),
    /** A person has confirmed that many rows may be deleted at once. */
    acceptDeletions: z.boolean().optional(),
  }),
  'retry-records': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    stream: z.string(),
    /** The kind of reason for which the records were rejected. */
    kind: z.string(),
    /** The record after which it continues; null at the start. */
    after: z.uuid().nullable(),
    requestedBy: z.uuid().nullable(),
  }),
  replay: z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The run that the previous slice handed over; null at the start. */
    handedOver: z.object({ runId: z.uuid(), lease: z.number().int() }).nullable(),
    requestedBy: z.uuid().nullable(),
  }),
  'prune-raw': z.object({ tenantId: z.uuid() }),
  'delete-outdated': z.object({ tenantId: z.uuid() }),
  'remove-object': z.object({ tenantId: z.uuid(), connectionId: z.uuid(), stream: z.string() }),
  'erase-person': z.object({ tenantId: z.uuid(), erasureId: z.uuid() }),
  'poll-consent': z.object({ tenantId: z.uuid(), consentId: z.uuid() }),
  'refresh-token': z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
  'keep-subscription': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The provider asked for a renewal, whenever the registration ends. */
    renew: z.boolean(),
  }),
  'scan-domains': z.object({ tenantId: z.uuid() }),
  rescore: z.object({
    tenantId: z.uuid(),
    /** The domain after which it continues; null at the start. */
    after: z.string().nullable(),
  }),
  'push-leads': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The lead that a person retries; null for everything that is due. */
    leadId: z.uuid().nullable(),
    requestedBy: z.uuid().nullable(),
  }),
  'write-back': z.object({ tenantId: z.uuid(), writeBackId: z.uuid() }),
  'request-pushes': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The filter, as in the URL of the lead table. */
    query: z.string().max(2_000),
    /** Where the list continues; null at the start. */
    after: z.string().nullable(),
    requestedBy: z.uuid().nullable(),
  }),
} as const;

export type JobName = keyof typeof jobs;
export type JobPayload<Name extends JobName> = z.output<(typeof jobs)[Name]>;
export const jobNames = Object.keys(jobs) as JobName[];

/**
 * The result of a job. `again` continues in a new job at the given time, because there is more to
 * do or because it has to wait; `cancelled` means that the job has become pointless. When a handler
 * throws instead, the queue retries the job, and finally it becomes a failed job.
 */
export type JobOutcome<Name extends JobName = JobName> =
  | { kind: 'ok' }
  | { kind: 'again'; at: Date; payload: JobPayload<Name> }
  | { kind: 'cancelled'; reason: string };
