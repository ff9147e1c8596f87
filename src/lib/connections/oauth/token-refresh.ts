import { and, eq, isNotNull, lte, ne, sql } from 'drizzle-orm';
import { RemoteError } from '../../platform/http/errors.ts';
import { enqueue } from '../../jobs/queue.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { openConnection, setConnectionHealth } from '../connections.ts';
import { connections, credentials } from '../../schema/connections.ts';
import { getAccessToken, type TokenSource } from './access-token.ts';
import { readTokens } from './store.ts';
import { getOAuthProvider } from './token-endpoint.ts';

/**
 * A tick comes every hour: what is to be renewed before the next one is queued now, for its own
 * time.
 */
const tickSeconds = 3_600;
/** When a token endpoint that could not answer is asked again, unless it said when. */
const retryMs = 5 * 60_000;

/** Queues a renewal for every connection with a token that is about to run down. */
export async function enqueueRefreshes(now = new Date()): Promise<number> {
  let queued = 0;
  for (const { id: tenantId } of await listTenants()) {
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

const lifetime = sql`(${credentials.expiresAt} - ${credentials.updatedAt})`;
/**
 * An access token when a tenth of its life or 5 minutes are left, a refresh token when a tenth is
 * left.
 */
const renewAt = sql`${credentials.expiresAt} - case when ${credentials.name} = 'accessToken' then least(${lifetime} / 10, interval '5 minutes') else ${lifetime} / 10 end`;

/**
 * The connections of a tenant that have a token to be renewed within so many seconds, and when. A
 * paused connection keeps its refresh token alive and needs no access token; a dead grant waits for
 * a person.
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
 * What became of a renewal: done (or not needed any more), dead (a person has to connect again), or
 * to be tried later.
 */
export type RefreshOutcome =
  { kind: 'done' } | { kind: 'dead'; reason: string } | { kind: 'later'; at: Date };

/**
 * Renews the tokens of a connection if they are about to run down. A dead grant is shown on the
 * connection; nothing else is.
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
  // A refresh token is renewed by using it, even when the access token would do for a while.
  await getAccessToken(source, refreshDue ? access?.token : undefined);
}
