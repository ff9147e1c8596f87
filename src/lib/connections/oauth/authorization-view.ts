import { and, eq, isNotNull } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { authorizations } from '../../schema/connections.ts';

/** What a person gave a connection by signing in at the provider, for pages. */
export interface AuthorizationView {
  /** The account there, by its name or else its id; null when the provider names neither. */
  account: string | null;
  asked: string[];
  /** Null when the provider did not say what it granted, which then is what was asked. */
  granted: string[] | null;
  /** Of the scopes that were asked, those that were not granted. */
  missing: string[];
  at: Date;
}

/** What people gave in a workspace, by the id of the connection; shared sign-ins are not among it. */
export async function loadAuthorizations(
  tx: Tx,
  tenantId: string,
): Promise<Map<string, AuthorizationView>> {
  const rows = await tx
    .select()
    .from(authorizations)
    .where(and(eq(authorizations.tenantId, tenantId), isNotNull(authorizations.authorizedBy)));
  return new Map(rows.map((row) => [row.connectionId, toView(row)]));
}

function toView(row: typeof authorizations.$inferSelect): AuthorizationView {
  const { accountId, accountName, scopesAsked: asked, scopesGranted: granted } = row;
  return {
    account: accountName ?? accountId,
    asked,
    granted,
    missing: granted === null ? [] : asked.filter((scope) => !granted.includes(scope)),
    at: row.authorizedAt,
  };
}
