import { and, eq } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { isId } from '../../platform/id.ts';
import { authorizations, connections } from '../../schema/connections.ts';

/** The connection that a delivery is for, as its address names it. */
export interface WebhookAddress {
  provider: string;
  tenantId: string;
  connectionId: string;
}

/** The connection at an address. */
export interface Addressee {
  /** Its account at the provider, as the sign-in named it; null when nothing did. */
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
  const sameConnection = and(
    eq(authorizations.tenantId, connections.tenantId),
    eq(authorizations.connectionId, connections.id),
  );
  const [found] = await readTenant(tenantId, (tx) =>
    tx
      .select({ account: authorizations.accountId })
      .from(connections)
      .leftJoin(authorizations, sameConnection)
      .where(own),
  );
  return found;
}
