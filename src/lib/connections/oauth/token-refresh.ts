import { and, eq, isNotNull, lte, ne, sql } from 'drizzle-orm';
import { RemoteError } from '../../platform/http/errors.ts';
import { enqueue } from '../../jobs/queue.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { defineTenantsQuery, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { openConnection, setConnectionHealth } from '../connections.ts';
import { connections, credentials } from '../../schema/connections.ts';
import { getAccessToken } from './access-token.ts';
import { readTokens, type TokenSource } from './store.ts';
import { getOAuthProvider } from './token-endpoint.ts';

/**
 * Time between two ticks of the worker. A tick queues every renewal that is due before the next.
 */
const tickSeconds = 3_600;
/** Wait before a failed renewal is tried again, unless the token endpoint said when. */
const retryMs = 5 * 60_000;

/**
 * Queues a renewal, to start when it is due, for every connection with a token that needs one
 * before the next tick. Returns how many were queued.
 */
export async function enqueueRefreshes(now = new Date()): Promise<number> {
  let queued = 0;
  for (const tenantId of await listTenantsWithTokens()) {
    for (const { connectionId, at } of await listDueRefreshes(tenantId, tickSeconds)) {
      const startAfter = at > now ? { startAfter: at } : {};
      if (
        await enqueue(
          'refresh-token',
          { tenantId, connectionId },
          { key: `${connectionId}/refresh/${at.toISOString()}`, ...startAfter },
        )
      )
        queued += 1;
    }
  }
  return queued;
}

const readExpiring = defineTenantsQuery(
  (tenant) => sql`
    select from ${credentials} where tenant_id = ${tenant} and expires_at is not null limit 1`,
);

/** The tenants that have any token which ends. */
async function listTenantsWithTokens(): Promise<string[]> {
  const found = await readExpiring((await listTenants()).map(({ id }) => id));
  return [...found].flatMap(([id, rows]) => (rows.length > 0 ? [id] : []));
}

const lifetime = sql`(${credentials.expiresAt} - ${credentials.updatedAt})`;
/**
 * When a token is due for renewal: a refresh token when a tenth of its life is left, an access
 * token when the smaller of a tenth and 5 minutes is left (as in `readTokens`).
 */
const renewAt = sql`${credentials.expiresAt} -
  case when ${credentials.name} = 'accessToken'
    then least(${lifetime} / 10, interval '5 minutes')
    else ${lifetime} / 10 end`;

/**
 * The connections of a tenant with a token that is due within so many seconds, and when. A paused
 * connection keeps its refresh token alive but needs no access token. A connection that has to be
 * reconnected is left out, because its grant cannot be renewed.
 */
export function listDueRefreshes(
  tenantId: string,
  withinSeconds: number,
): Promise<{ connectionId: string; at: Date }[]> {
  return withTenant(tenantId, (tx) =>
    tx
      .select({
        connectionId: credentials.connectionId,
        at: sql`min(${renewAt})`.mapWith(credentials.expiresAt),
      })
      .from(credentials)
      .innerJoin(
        connections,
        and(
          eq(connections.tenantId, credentials.tenantId),
          eq(connections.id, credentials.connectionId),
        ),
      )
      .where(
        and(
          eq(credentials.tenantId, tenantId),
          isNotNull(credentials.expiresAt),
          lte(renewAt, sql`now() + make_interval(secs => ${withinSeconds})`),
          ne(connections.status, 'needs_reconnect'),
          sql`(${connections.status} <> 'paused' or ${credentials.name} <> 'accessToken')`,
        ),
      )
      .groupBy(credentials.connectionId),
  );
}

/**
 * The outcome of a renewal. done: renewed, or no longer due; dead: the grant has ended and a person
 * has to connect again; later: failed, try again at `at`.
 */
export type RefreshOutcome =
  { kind: 'done' } | { kind: 'dead'; reason: string } | { kind: 'later'; at: Date };

/**
 * Renews the tokens of a connection if they are due. Marks the connection for reconnecting when its
 * grant has ended; other failures leave no mark.
 */
export async function refreshTokens(
  tenantId: string,
  connectionId: string,
): Promise<RefreshOutcome> {
  const { provider, settings } = await openConnection(tenantId, connectionId);
  const oauth = getOAuthProvider(provider);
  if (oauth === undefined) return { kind: 'done' };
  try {
    await renewIfDue({ tenantId, connectionId, provider: oauth, settings });
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    if (error.kind !== 'auth')
      return { kind: 'later', at: error.until ?? new Date(Date.now() + retryMs) };
    await withTenant(tenantId, (tx) =>
      setConnectionHealth(tx, tenantId, connectionId, error.message),
    );
    return { kind: 'dead', reason: error.message };
  }
}

async function renewIfDue(source: TokenSource): Promise<void> {
  const { access, refreshDue } = await withTenant(source.tenantId, (tx) =>
    readTokens(tx, source.provider, source),
  );
  // Using a refresh token renews it, so the access token is treated as rejected to force that.
  await getAccessToken(source, refreshDue ? access?.token : undefined);
}
