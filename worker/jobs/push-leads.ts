import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { pushSlice } from '#lib/outbound/push/run.ts';
import { enqueuePushes } from '#lib/outbound/push/enqueue.ts';
import { cancelOnProblem, continueWith } from '../slice.ts';

/**
 * Writes one slice of the due pushes into a CRM; a new job continues. When the next push is due
 * later, a job is queued for that time. When the connection no longer accepts leads the job is
 * cancelled.
 */
export function pushLeadsJob(
  payload: JobPayload<'push-leads'>,
  signal: AbortSignal,
): Promise<JobOutcome<'push-leads'>> {
  const { tenantId, connectionId } = payload;
  return cancelOnProblem(async () => {
    const { next } = await pushSlice({
      ...payload,
      signal,
      sliceMs: config().SYNC_SLICE_SECONDS * 1000,
    });
    const isLater = next !== null && next > new Date();
    if (isLater) await enqueuePushes(tenantId, connectionId, next);
    return continueWith(next === null || isLater ? null : { ...payload, leadId: null });
  });
}
