import { enqueue } from '../../jobs/queue.ts';

/**
 * Queues a job for the pushes of a connection, now or for a given time. The job names no push: it
 * does what the table of pushes says is due. A running job may end without seeing a push that was
 * just requested, so one more may be queued behind it.
 */
export async function enqueuePushes(
  tenantId: string,
  connectionId: string,
  at?: Date,
): Promise<void> {
  const payload = { tenantId, connectionId, leadId: null, requestedBy: null };
  if (at !== undefined && at.getTime() > Date.now()) {
    await enqueue('push-leads', payload, {
      key: `${connectionId}/${at.toISOString()}`,
      startAfter: at,
    });
    return;
  }
  if (await enqueue('push-leads', payload, { key: `${connectionId}/now` })) return;
  await enqueue('push-leads', payload, { key: `${connectionId}/next` });
}
