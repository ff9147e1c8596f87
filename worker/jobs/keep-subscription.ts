import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { keepSubscription } from '#lib/webhooks/inbound/subscription.ts';
import { Problem } from '../../src/lib/platform/errors.ts';

/**
 * Makes, renews or takes back the registration of a connection's webhook. What went wrong at the
 * provider is kept with the connection, and the schedule tries again; a deleted connection cancels
 * the job.
 */
export async function keepSubscriptionJob({
  tenantId,
  connectionId,
  renew,
}: JobPayload<'keep-subscription'>): Promise<JobOutcome<'keep-subscription'>> {
  try {
    await keepSubscription(tenantId, connectionId, { renew });
    return { kind: 'ok' };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
