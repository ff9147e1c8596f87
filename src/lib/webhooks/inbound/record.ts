import { and, eq, lt, sql } from 'drizzle-orm';
import { log } from '../../platform/log.ts';
import { newId } from '../../platform/id.ts';
import type { DeliveredEvent } from '../../connectors/contract/events.ts';
import { requestSync } from '../../ingest/request-sync.ts';
import { enqueueSync } from '../../ingest/request.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { webhookDeliveries } from '../../schema/webhooks.ts';

/**
 * new: recorded, and a pass is on its way; known: it came before; old: too long ago to be of use,
 * as is everything that is sent anew after that.
 */
export type ReceiptStatus = 'new' | 'known' | 'old';

const dayMs = 86_400_000;
/**
 * Deliveries are known for longer than they are taken: one cannot be sent again once it was
 * forgotten.
 */
const acceptedDays = 30;
const keptDays = 60;

/**
 * Writes an event down, once however often it comes, and asks for a pass over the connection. The
 * order does not matter: a pass reads what is true.
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
  // Those who come while the job waits or runs are told that there is one.
  if (mustWake) await enqueueSync(tenantId, connectionId, null);
  if (isNew)
    log.info(
      { event: 'webhook.received', tenantId, connectionId, kind: delivered.event },
      'A webhook delivery was taken in',
    );
  return isNew ? 'new' : 'known';
}

/** Forgets deliveries that are too old to come again. */
export async function pruneDeliveries(tenantId: string): Promise<void> {
  const old = lt(webhookDeliveries.receivedAt, sql`now() - make_interval(days => ${keptDays})`);
  await withTenant(tenantId, (tx) =>
    tx.delete(webhookDeliveries).where(and(eq(webhookDeliveries.tenantId, tenantId), old)),
  );
}
