import { pollDeviceAuthorization } from '#lib/connections/oauth/device-flow/poll.ts';
import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';

/**
 * Checks whether a person has completed the device sign-in. Until then it continues in new jobs,
 * which end when the code expires.
 */
export async function pollDeviceFlowJob(
  payload: JobPayload<'poll-consent'>,
): Promise<JobOutcome<'poll-consent'>> {
  const at = await pollDeviceAuthorization(payload.tenantId, payload.consentId);
  return at === null ? { kind: 'ok' } : { kind: 'again', at, payload };
}
