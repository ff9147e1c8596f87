import { and, eq, lt, sql } from 'drizzle-orm';
import { log } from '../../platform/log.ts';
import { newId } from '../../platform/id.ts';
import type { DeliveredEvent } from '../../connectors/contract/events.ts';
import { requestSync } from '../../ingest/request-sync.ts';
import { enqueueSync } from '../../ingest/request.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { webhookDeliveries } from '../../schema/webhooks.ts';

/**
 * new: recorded, and a sync was requested; known: delivered before; old: it happened too long ago
 * to be accepted.
 */
export type ReceiptStatus = 'new' | 'known' | 'old';

const dayMs = 86_400_000;
/**
 * Events are kept for longer than they are accepted, so that a deleted one cannot be accepted
 * again.
 */
const acceptedDays = 30;
const keptDays = 60;

/**
 * Records an event once, however often it is delivered, and requests a sync of the connection. The
 * order of events does not matter, because a sync reads the current data.
 */
export async function recordEvent(
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  delivered: DeliveredEvent,
): Promise<ReceiptStatus> {
  if (
    delivered.occurredAt !== null &&
    delivered.occurredAt.getTime() < Date.now() - acceptedDays * dayMs
  )
    return 'old';
  const { isNew, mustWake } = await withTenant(tenantId, async (tx) => {
    const [row] = await tx
      .insert(webhookDeliveries)
      .values({ ...delivered, tenantId, connectionId, id: newId() })
      .onConflictDoUpdate({
        target: [webhookDeliveries.tenantId, webhookDeliveries.connectionId, webhookDeliveries.key],
        set: { copies: sql`${webhookDeliveries.copies} + 1` },
      })
      .returning({ copies: webhookDeliveries.copies });
    const first = row?.copies === 1;
    return { isNew: first, mustWake: first && (await requestSync(tx, tenantId, connectionId)) };
  });
  // While a job waits or runs, no other one is needed: `requestSync` has counted the request.
  if (mustWake) await enqueueSync(tenantId, connectionId, null);
  if (isNew)
    log.info(
      { event: 'webhook.received', tenantId, connectionId, kind: delivered.event },
      'A webhook event was recorded',
    );
  return isNew ? 'new' : 'known';
}

/** Deletes events that are too old to be accepted again. */
export async function pruneDeliveries(tenantId: string): Promise<void> {
  const old = lt(webhookDeliveries.receivedAt, sql`now() - make_interval(days => ${keptDays})`);
  await withTenant(tenantId, (tx) =>
    tx.delete(webhookDeliveries).where(and(eq(webhookDeliveries.tenantId, tenantId), old)),
  );
}
