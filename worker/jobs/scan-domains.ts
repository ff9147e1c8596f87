import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { enqueueDueScans } from '#lib/scoring/schedule.ts';
import { scanSlice } from '#lib/scoring/scan.ts';
import { continueWith, startSlice } from '../slice.ts';

/**
 * Scans one slice of the domains that are due; a new job continues. When none is left, a job is
 * queued for the time at which the next domain is due.
 */
export async function scanDomainsJob(
  payload: JobPayload<'scan-domains'>,
  signal: AbortSignal,
): Promise<JobOutcome<'scan-domains'>> {
  const isComplete = await scanSlice(payload.tenantId, startSlice(signal), signal);
  if (isComplete) await enqueueDueScans(payload.tenantId);
  return continueWith(isComplete ? null : payload);
}
