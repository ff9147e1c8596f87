import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { continueWith, startSlice } from '../slice.ts';

/** Runs one slice of the erasure of a person; a new job continues. */
export async function erasePersonJob(
  payload: JobPayload<'erase-person'>,
  signal: AbortSignal,
): Promise<JobOutcome<'erase-person'>> {
  const isComplete = await runErasure(payload.tenantId, payload.erasureId, startSlice(signal));
  return continueWith(isComplete ? null : payload);
}
