import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { deleteOutdated } from '#lib/privacy/retention/run.ts';
import { continueWith, startSlice } from '../slice.ts';

/**
 * Deletes one slice of the leads and notes past the retention of a workspace; a new job continues.
 */
export async function deleteOutdatedJob(
  payload: JobPayload<'delete-outdated'>,
  signal: AbortSignal,
): Promise<JobOutcome<'delete-outdated'>> {
  const { isComplete } = await deleteOutdated(payload.tenantId, startSlice(signal));
  return continueWith(isComplete ? null : payload);
}
