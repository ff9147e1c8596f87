import { eq, max } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { providers } from '../connectors/registry.ts';
import { eventSubscriptions, webhookDeliveries } from '../schema/webhooks.ts';
import type { Connection } from './connections.ts';
import { loadWebhookTokens } from './webhook-token.ts';
import { enteredWebhookUrl } from './webhook-url.ts';

/** What the settings page shows of the webhooks of a connection. */
export interface WebhookView {
  /**
   * The address, whether or not the provider sends anything; null while it needs a token and has
   * none. Only for the admins of the workspace: the token in it is the proof of deliveries.
   */
  address: string | null;
  /** As in `event_subscriptions`; null when we register nothing, or have not yet. */
  state: 'registered' | 'unverified' | 'failed' | null;
  /** Why it failed, in words for people. */
  reason: string | null;
  checkedAt: Date | null;
  /** When an event was recorded last; null for none. */
  lastAt: Date | null;
}

/** Reads what is known of the webhooks of a tenant; the function gives that of one connection. */
export async function loadWebhookViews(
  tx: Tx,
  tenantId: string,
): Promise<(connection: Connection) => WebhookView> {
  const tokens = await loadWebhookTokens(tx, tenantId);
  const kept = await tx
    .select()
    .from(eventSubscriptions)
    .where(eq(eventSubscriptions.tenantId, tenantId));
  const last = await tx
    .select({ id: webhookDeliveries.connectionId, at: max(webhookDeliveries.receivedAt) })
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.tenantId, tenantId))
    .groupBy(webhookDeliveries.connectionId);
  return (connection) => {
    const { id, provider } = connection;
    const webhook = providers.find(({ key }) => key === provider)?.webhook;
    const own = kept.find(({ connectionId }) => connectionId === id);
    return {
      address: enteredWebhookUrl(connection, webhook, tokens.get(id)),
      state: own?.state ?? null,
      reason: own?.reason ?? null,
      checkedAt: own?.checkedAt ?? null,
      lastAt: last.find((one) => one.id === id)?.at ?? null,
    };
  };
}
