import { z } from 'zod';

/**
 * What may be queued: a payload schema for each queue. Handlers live in worker/jobs. Payloads hold
 * ids, never secrets.
 */
export const jobs = {
  'sync-connection': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    trigger: z.enum(['schedule', 'manual', 'cli']),
    requestedBy: z.uuid().nullable(),
    /** A person has confirmed that much may be deleted at once. */
    acceptDeletions: z.boolean().optional(),
  }),
  'retry-records': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    stream: z.string(),
    /** The class of the reason for which the records were set aside. */
    kind: z.string(),
    /** The record behind which it goes on; null at the start. */
    after: z.uuid().nullable(),
    requestedBy: z.uuid().nullable(),
  }),
  replay: z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The run that the slice before has put down; null at the start. */
    handedOver: z.object({ runId: z.uuid(), lease: z.number().int() }).nullable(),
    requestedBy: z.uuid().nullable(),
  }),
  'prune-raw': z.object({ tenantId: z.uuid() }),
  'poll-consent': z.object({ tenantId: z.uuid(), consentId: z.uuid() }),
  'refresh-token': z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
  'scan-domains': z.object({ tenantId: z.uuid() }),
  rescore: z.object({
    tenantId: z.uuid(),
    /** The domain behind which it goes on; null at the start. */
    after: z.string().nullable(),
  }),
  'push-leads': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The lead that a person retries; null for whatever is due. */
    leadId: z.uuid().nullable(),
    requestedBy: z.uuid().nullable(),
  }),
  'request-pushes': z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    /** The filter, as in the URL of the lead table. */
    query: z.string().max(2_000),
    /** Where the list goes on; null at the start. */
    after: z.string().nullable(),
    requestedBy: z.uuid().nullable(),
  }),
} as const;

export type JobName = keyof typeof jobs;
export type JobPayload<Name extends JobName> = z.output<(typeof jobs)[Name]>;
export const jobNames = Object.keys(jobs) as JobName[];

/**
 * What became of a job. A handler that throws is tried again by the queue and set aside in the end;
 * one that has more to do, or has to wait, names the time at which it goes on in a new job; one
 * that has become pointless is cancelled.
 */
export type JobOutcome<Name extends JobName = JobName> =
  | { kind: 'ok' }
  | { kind: 'again'; at: Date; payload: JobPayload<Name> }
  | { kind: 'cancelled'; reason: string };
