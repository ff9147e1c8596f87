import { enqueue } from '../../jobs/queue.ts';

/**
 * Wakes the workers for the pushes of a connection, now or at a time. The table of pushes is the
 * truth; the job only says that it is worth a look. A job that is about to end may not see what was
 * asked for just now, so a second one may wait.
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
