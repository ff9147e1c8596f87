import { removeObjectRows } from '#lib/ingest/remove-object.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { continueWith, startSlice } from '../slice.ts';

/** Deletes one slice of the records of an object that was removed; a new job continues. */
export async function removeObjectJob(
  payload: JobPayload<'remove-object'>,
  signal: AbortSignal,
): Promise<JobOutcome<'remove-object'>> {
  const { isComplete } = await removeObjectRows(payload, startSlice(signal));
  return continueWith(isComplete ? null : payload);
}
