import { and, asc, eq, isNotNull, isNull, ne, type SQL } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import {
  authorizations,
  borrowedAuthorizations,
  connections,
  lentAuthorizations,
} from '../../schema/connections.ts';

/** A sign-in that further connections may use, without settings or secrets. */
export interface SharableSignIn {
  connectionId: string;
  label: string;
  provider: string;
  /** Key of the way to authenticate; null for the provider's first one. */
  auth: string | null;
  /** The account at the provider, by its name or else its id. */
  account: string;
}

/** The sign-ins of a workspace that further connections may use. */
export async function listSharable(tenantId: string): Promise<SharableSignIn[]> {
  const rows = await readTenant(tenantId, (tx) => selectSharable(tx, tenantId));
  return rows.map(({ connection: { id, label, provider, auth }, accountId, accountName }) => ({
    connectionId: id,
    label,
    provider,
    auth,
    account: accountName ?? accountId ?? '',
  }));
}

/**
 * Connections that a person signed in to, whose account the provider named, that are not to be
 * reconnected and use no other connection's sign-in themselves.
 */
export function selectSharable(tx: Tx, tenantId: string, more?: SQL) {
  return tx
    .select({
      connection: connections,
      accountId: authorizations.accountId,
      accountName: authorizations.accountName,
    })
    .from(connections)
    .innerJoin(
      authorizations,
      and(
        eq(authorizations.tenantId, connections.tenantId),
        eq(authorizations.connectionId, connections.id),
        isNotNull(authorizations.accountId),
        isNotNull(authorizations.authorizedBy),
      ),
    )
    .leftJoin(
      borrowedAuthorizations,
      and(
        eq(borrowedAuthorizations.tenantId, connections.tenantId),
        eq(borrowedAuthorizations.connectionId, connections.id),
      ),
    )
    .where(
      and(
        eq(connections.tenantId, tenantId),
        ne(connections.status, 'needs_reconnect'),
        isNull(borrowedAuthorizations.connectionId),
        more,
      ),
    )
    .orderBy(asc(connections.createdAt), asc(connections.id));
}

/** How a connection shares a sign-in, for pages of its workspace. */
export interface SharingView {
  /** The label of the connection whose sign-in it uses; null for the agency's, undefined for none. */
  uses: string | null | undefined;
  /** How many other connections use its sign-in. */
  usedBy: number;
}

/** The connections of a workspace that share a sign-in, by their id; of others nothing is told. */
export async function loadSharing(tx: Tx, tenantId: string): Promise<Map<string, SharingView>> {
  const borrowed = await tx
    .select({ id: borrowedAuthorizations.connectionId, label: connections.label })
    .from(borrowedAuthorizations)
    .leftJoin(
      connections,
      and(
        eq(connections.tenantId, borrowedAuthorizations.tenantId),
        eq(connections.tenantId, borrowedAuthorizations.ownerTenantId),
        eq(connections.id, borrowedAuthorizations.ownerConnectionId),
      ),
    )
    .where(eq(borrowedAuthorizations.tenantId, tenantId));
  const lent = await tx
    .select({ id: lentAuthorizations.connectionId })
    .from(lentAuthorizations)
    .where(eq(lentAuthorizations.tenantId, tenantId));
  const views = new Map<string, SharingView>();
  for (const { id, label } of borrowed) views.set(id, { uses: label, usedBy: 0 });
  for (const { id } of lent)
    views.set(id, { uses: undefined, usedBy: (views.get(id)?.usedBy ?? 0) + 1 });
  return views;
}
