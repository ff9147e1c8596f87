import { retrySlice } from '#lib/ingest/rejections/retry.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';

/**
 * One slice of trying set-aside records again; many more go on in a new job. A connection or stream
 * that is gone needs no retry.
 */
export async function retryRecordsJob(
  payload: JobPayload<'retry-records'>,
  signal: AbortSignal,
): Promise<JobOutcome<'retry-records'>> {
  const end = performance.now() + config().SYNC_SLICE_SECONDS * 1000;
  try {
    const after = await retrySlice(payload, () => signal.aborted || performance.now() > end);
    return after === null
      ? { kind: 'ok' }
      : { kind: 'again', at: new Date(), payload: { ...payload, after } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
