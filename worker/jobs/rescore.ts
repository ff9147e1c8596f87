import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import { config } from '../../src/lib/platform/config.ts';

/** One slice of making the scores of a workspace anew; the rest goes on in a new job. */
export async function rescoreJob(
  payload: JobPayload<'rescore'>,
  signal: AbortSignal,
): Promise<JobOutcome<'rescore'>> {
  const end = performance.now() + config().SYNC_SLICE_SECONDS * 1000;
  const after = await rescoreSlice(
    payload.tenantId,
    payload.after,
    () => signal.aborted || performance.now() > end,
  );
  return after === null
    ? { kind: 'ok' }
    : { kind: 'again', at: new Date(), payload: { ...payload, after } };
}
