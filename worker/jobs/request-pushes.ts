import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { requestMatchingSlice } from '#lib/outbound/push/request-matching.ts';

/**
 * One slice of asking for the leads of a filter; the rest goes on in a new job. A connection that
 * is gone and a feature that was switched off need no retry.
 */
export async function requestPushesJob(
  payload: JobPayload<'request-pushes'>,
  signal: AbortSignal,
): Promise<JobOutcome<'request-pushes'>> {
  const end = performance.now() + config().SYNC_SLICE_SECONDS * 1000;
  try {
    const after = await requestMatchingSlice(
      payload,
      () => signal.aborted || performance.now() > end,
    );
    return after === null
      ? { kind: 'ok' }
      : { kind: 'again', at: new Date(), payload: { ...payload, after } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
