import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { pushSlice } from '#lib/outbound/push/run.ts';
import { enqueuePushes } from '#lib/outbound/push/enqueue.ts';

/**
 * One slice of writing what is due into a CRM. The rest goes on in a new job; what is due later is
 * woken for then. A connection that takes no leads any more needs no retry.
 */
export async function pushLeadsJob(
  payload: JobPayload<'push-leads'>,
  signal: AbortSignal,
): Promise<JobOutcome<'push-leads'>> {
  const { tenantId, connectionId } = payload;
  try {
    const { next } = await pushSlice({
      ...payload,
      signal,
      sliceMs: config().SYNC_SLICE_SECONDS * 1000,
    });
    if (next !== null && next > new Date()) await enqueuePushes(tenantId, connectionId, next);
    return next === null || next > new Date()
      ? { kind: 'ok' }
      : { kind: 'again', at: new Date(), payload: { ...payload, leadId: null } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
