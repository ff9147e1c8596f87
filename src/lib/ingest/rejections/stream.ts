import { and, eq } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { checkSettings } from '../../connections/validate.ts';
import { loadMappedStreams } from '../../mappings/inbound/load.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { getProvider } from '../../connectors/registry.ts';
import type { Stream } from '../types.ts';
import { lockStream } from '../state.ts';
import type { StreamKey } from '../stream-key.ts';
import { getTenant, type Tenant } from '../../identity/tenancy/tenants.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';

/**
 * A stream with what it takes to read its stored responses again: no secret is opened and the
 * provider is not contacted.
 */
export interface StoredStream extends StreamKey {
  provider: string;
  definition: Stream;
  settings: unknown;
  timeZone: string;
  /** ISO 4217. */
  currency: string;
}

/**
 * Runs `work` in one transaction that locks the stream's state, as each page of a sync does: the
 * two take turns, and neither sees half of what the other writes. Outlasts a database restart.
 */
export async function withLockedStream<T>(
  key: StreamKey,
  work: (tx: Tx, stream: StoredStream) => Promise<T>,
): Promise<T> {
  const tenant = await getTenant(key.tenantId);
  return retryInTenant(key.tenantId, async (tx) => {
    const stream = await openStoredStream(tx, key, tenant);
    await lockStream(tx, key);
    return work(tx, stream);
  });
}

/** The stream for reading only: its state is not locked. */
export async function openStoredStream(
  tx: Tx,
  key: StreamKey,
  { timeZone, currency }: Pick<Tenant, 'timeZone' | 'currency'>,
): Promise<StoredStream> {
  const own = and(eq(connections.tenantId, key.tenantId), eq(connections.id, key.connectionId));
  const [connection] = await tx
    .select({ provider: connections.provider, settings: connections.settings })
    .from(connections)
    .where(own);
  if (connection === undefined)
    throw new Problem('not_found', 'The connection of this record is not there any more.');
  const provider = getProvider(connection.provider);
  const settings = checkSettings(provider, connection.settings as Record<string, unknown>);
  const mapped = { ...key, provider, settings, currency };
  const [definition] = await loadMappedStreams(tx, mapped, key.stream);
  if (definition === undefined)
    throw new Problem(
      'conflict',
      `${provider.label} is not read for "${key.stream}" any more. Discard the record.`,
    );
  return {
    ...key,
    provider: provider.key,
    definition,
    settings,
    timeZone,
    currency,
  };
}
