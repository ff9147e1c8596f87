import { retrySlice } from '#lib/ingest/rejections/retry.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { cancelOnProblem, continueWith, startSlice } from '../slice.ts';

/**
 * Retries one slice of failed records; a new job continues. When the connection or stream no longer
 * exists the job is cancelled.
 */
export function retryRecordsJob(
  payload: JobPayload<'retry-records'>,
  signal: AbortSignal,
): Promise<JobOutcome<'retry-records'>> {
  return cancelOnProblem(async () => {
    const after = await retrySlice(payload, startSlice(signal));
    return continueWith(after === null ? null : { ...payload, after });
  });
}
