import { and, eq, sql } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { isId } from '../../platform/id.ts';
import { authorizations, connections } from '../../schema/connections.ts';
import { eventSubscriptions } from '../../schema/webhooks.ts';

/** The connection that a delivery is for, as its address names it. */
export interface WebhookAddress {
  provider: string;
  tenantId: string;
  connectionId: string;
}

/** The connection at an address. */
export interface Addressee {
  /** Its account at the provider, as the sign-in or the provider named it; null when nothing did. */
  account: string | null;
}

/** Finds the connection at an address; undefined when there is none. */
export async function findAddressee({
  provider,
  tenantId,
  connectionId,
}: WebhookAddress): Promise<Addressee | undefined> {
  if (!isId(tenantId) || !isId(connectionId)) return undefined;
  const own = and(
    eq(connections.tenantId, tenantId),
    eq(connections.id, connectionId),
    eq(connections.provider, provider),
  );
  const isOf = (table: typeof authorizations | typeof eventSubscriptions) =>
    and(eq(table.tenantId, connections.tenantId), eq(table.connectionId, connections.id));
  const { accountId } = authorizations;
  const [found] = await readTenant(tenantId, (tx) =>
    tx
      .select({
        account: sql<string | null>`coalesce(${accountId}, ${eventSubscriptions.accountId})`,
      })
      .from(connections)
      .leftJoin(authorizations, isOf(authorizations))
      .leftJoin(eventSubscriptions, isOf(eventSubscriptions))
      .where(own),
  );
  return found;
}
