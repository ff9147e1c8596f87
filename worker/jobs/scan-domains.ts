import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { enqueueDueScans } from '#lib/scoring/schedule.ts';
import { scanSlice } from '#lib/scoring/scan.ts';
import { config } from '../../src/lib/platform/config.ts';

/**
 * One slice of scanning what is due; the rest goes on in a new job, and what is due later is queued
 * for its time.
 */
export async function scanDomainsJob(
  payload: JobPayload<'scan-domains'>,
  signal: AbortSignal,
): Promise<JobOutcome<'scan-domains'>> {
  const end = performance.now() + config().SYNC_SLICE_SECONDS * 1000;
  const isComplete = await scanSlice(
    payload.tenantId,
    () => signal.aborted || performance.now() > end,
    signal,
  );
  if (!isComplete) return { kind: 'again', at: new Date(), payload };
  await enqueueDueScans(payload.tenantId);
  return { kind: 'ok' };
}
