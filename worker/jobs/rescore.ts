import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import { continueWith, startSlice } from '../slice.ts';

/** Computes one slice of a workspace's scores from stored evidence; a new job continues. */
export async function rescoreJob(
  payload: JobPayload<'rescore'>,
  signal: AbortSignal,
): Promise<JobOutcome<'rescore'>> {
  const after = await rescoreSlice(payload.tenantId, payload.after, startSlice(signal));
  return continueWith(after === null ? null : { ...payload, after });
}
