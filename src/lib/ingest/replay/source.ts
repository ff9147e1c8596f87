import { and, eq } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { checkSettings } from '../../connections/validate.ts';
import { retryOnDbOutage } from '../../platform/db/retry.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { getProvider } from '../../connectors/registry.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { ReplayRequest, ReplaySource } from './types.ts';

/**
 * Opens a connection for replay: its settings, without its secrets. An unknown connection or stream
 * is a Problem.
 */
export async function openReplay({
  tenantId,
  connectionId,
  stream,
}: Pick<ReplayRequest, 'tenantId' | 'connectionId' | 'stream'>): Promise<ReplaySource> {
  const tenant = await retryOnDbOutage(() => getTenant(tenantId));
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const [connection] = isId(connectionId)
    ? await retryOnDbOutage(() =>
        readTenant(tenantId, (tx) => tx.select().from(connections).where(own)),
      )
    : [];
  if (connection === undefined)
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const provider = getProvider(connection.provider);
  const names = provider.streams.map(({ name }) => name);
  if (stream !== undefined && !names.includes(stream))
    throw new Problem(
      'bad_request',
      `${provider.label} has no stream "${stream}". Its streams: ${names.join(', ')}.`,
    );
  const settings = checkSettings(provider, connection.settings as Record<string, unknown>);
  return {
    tenantId,
    connectionId,
    provider,
    settings,
    timeZone: tenant.timeZone,
    currency: tenant.currency,
    deletionShare: tenant.deletionShare,
  };
}
