import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { connections } from '../../schema/connections.ts';
import { jobs, type JobName } from '../jobs.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { log } from '../../platform/log.ts';
import { scrub } from '../../platform/secrets.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { recordFailedJob, type FailedJob } from './store.ts';
import { toSubject } from './subject.ts';

/** A job that the queue gave up after its last attempt. */
export interface GivenUpJob {
  queue: string | null;
  payload: unknown;
  /**
   * The last failure as the queue stored it: `message` of a thrown error, or `value.message` when
   * the queue itself ended the job.
   */
  output: unknown;
  attempts: number;
}

const maxReasonLength = 500;
const ownerSchema = z.object({ tenantId: z.uuid(), connectionId: z.uuid().optional() });
const outputSchema = z
  .object({ message: z.string().optional(), value: z.object({ message: z.string() }).optional() })
  .catch({});

/**
 * Records a job that the queue gave up as a failed job. Nobody could resolve one without a tenant,
 * with an unknown name or of a deleted connection, so that is only logged.
 */
export async function recordGivenUpJob(givenUp: GivenUpJob): Promise<void> {
  const failedJob = toFailedJob(givenUp);
  const isRecorded =
    failedJob !== undefined &&
    (await withTenant(failedJob.tenantId, async (tx) => {
      if (!(await hasConnection(tx, failedJob))) return false;
      await recordFailedJob(tx, failedJob);
      return true;
    }));
  const of = {
    queue: givenUp.queue,
    tenantId: failedJob?.tenantId,
    connectionId: failedJob?.connectionId,
    kind: failedJob?.kind,
    reason: failedJob?.reason,
  };
  if (isRecorded)
    log.error({ event: 'job.set_aside', ...of }, 'A job was given up and recorded as failed');
  else log.error({ event: 'job.lost', ...of }, 'A job was given up');
}

function toFailedJob({ queue, payload, output, attempts }: GivenUpJob): FailedJob | undefined {
  if (queue === null || !isJobName(queue)) return undefined;
  const parsed = jobs[queue].safeParse(payload);
  const owner = ownerSchema.safeParse(payload);
  if (!parsed.success || !owner.success) return undefined;
  const { tenantId, connectionId = null } = owner.data;
  return {
    tenantId,
    job: queue,
    subject: toSubject(parsed.data),
    connectionId,
    payload: parsed.data,
    attempts,
    ...classifyFailure(outputSchema.parse(output ?? {}), attempts),
  };
}

const isJobName = (name: string): name is JobName => Object.hasOwn(jobs, name);

/**
 * Recognizes the messages of pg-boss 12.35 for a worker that stopped responding and for a job that
 * took too long (plans.js, failJobsByHeartbeat and failJobsByTimeout).
 */
function classifyFailure(
  { message, value }: z.output<typeof outputSchema>,
  attempts: number,
): { kind: string; reason: string } {
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  if (value?.message === 'job heartbeat timeout')
    return {
      kind: 'worker_lost',
      reason: `The worker stopped while it was running this job (${times}).`,
    };
  if (value?.message === 'job timed out')
    return { kind: 'timed_out', reason: `The job took longer than allowed (${times}).` };
  const text = scrub(message ?? value?.message ?? '').trim();
  return {
    kind: 'failed',
    reason:
      text === ''
        ? 'The job failed without a message.'
        : text.slice(0, maxReasonLength).toWellFormed().replaceAll('\0', ''),
  };
}

async function hasConnection(tx: Tx, { tenantId, connectionId }: FailedJob): Promise<boolean> {
  if (connectionId === null) return true;
  const rows = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId)));
  return rows.length > 0;
}
