import { pollDeviceAuthorization } from '#lib/connections/oauth/device-flow/poll.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';

/**
 * Looks whether somebody has signed in with a code; until then it goes on in new jobs, and ends
 * with the code's life.
 */
export async function pollDeviceFlowJob(
  payload: JobPayload<'poll-consent'>,
): Promise<JobOutcome<'poll-consent'>> {
  const at = await pollDeviceAuthorization(payload.tenantId, payload.consentId);
  return at === null ? { kind: 'ok' } : { kind: 'again', at, payload };
}
