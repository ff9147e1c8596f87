import { and, desc, eq, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { settleAll } from '../platform/settle-all.ts';
import { providers } from '../connectors/registry.ts';
import { connections } from '../schema/connections.ts';
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
  const [tokens, known] = await settleAll([
    loadWebhookTokens(tx, tenantId),
    selectKnown(tx, tenantId),
  ]);
  return (connection) => {
    const webhook = providers.find(({ key }) => key === connection.provider)?.webhook;
    const found = known.find(({ id }) => id === connection.id);
    return {
      address: enteredWebhookUrl(connection, webhook, tokens.get(connection.id)),
      state: found?.state ?? null,
      reason: found?.reason ?? null,
      checkedAt: found?.checkedAt ?? null,
      lastAt: found?.lastAt ?? null,
    };
  };
}

/** A promise, so that whoever waits for it twice does not send the query twice. */
async function selectKnown(tx: Tx, tenantId: string) {
  const { state, reason, checkedAt } = eventSubscriptions;
  const ofConnection = (table: typeof eventSubscriptions | typeof webhookDeliveries) =>
    and(eq(table.tenantId, connections.tenantId), eq(table.connectionId, connections.id));
  const newest = tx
    .select({ at: webhookDeliveries.receivedAt })
    .from(webhookDeliveries)
    .where(ofConnection(webhookDeliveries))
    .orderBy(desc(webhookDeliveries.receivedAt))
    .limit(1);
  const lastAt = sql<Date | null>`(${newest})`.mapWith(webhookDeliveries.receivedAt);
  return tx
    .select({ id: connections.id, state, reason, checkedAt, lastAt })
    .from(connections)
    .leftJoin(eventSubscriptions, ofConnection(eventSubscriptions))
    .where(eq(connections.tenantId, tenantId));
}
