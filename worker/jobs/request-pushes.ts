import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { requestMatchingSlice } from '#lib/outbound/push/request-matching.ts';
import { cancelOnProblem, continueWith, startSlice } from '../slice.ts';

/**
 * Requests pushes for one slice of the leads that a filter matches; a new job continues. When the
 * connection no longer exists or the feature is off the job is cancelled.
 */
export function requestPushesJob(
  payload: JobPayload<'request-pushes'>,
  signal: AbortSignal,
): Promise<JobOutcome<'request-pushes'>> {
  return cancelOnProblem(async () => {
    const after = await requestMatchingSlice(payload, startSlice(signal));
    return continueWith(after === null ? null : { ...payload, after });
  });
}
