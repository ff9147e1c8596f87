import { and, eq } from 'drizzle-orm';
import { connections } from '#lib/schema/connections.ts';
import { newId } from '../../src/lib/platform/id.ts';
import type { OwnedHttpClient } from '../../src/lib/platform/http/client.ts';
import { mapByDefault } from '#lib/connectors/mapped-stream.ts';
import type { ProviderDefinition } from '#lib/connectors/contract/provider.ts';
import type { LeasedRun } from '#lib/ingest/lease.ts';
import type { Source, SyncRequest } from '#lib/ingest/types.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { stripeProvider } from './provider.ts';

/** A connection to an account of the imitated Stripe. */
export interface Account {
  tenantId: string;
  connectionId: string;
  baseUrl: string;
  /** `sk_<customers>_<name>`. */
  key: string;
}

let made = 0;

/**
 * A new tenant with a connection that was never synced. The row is written here, because the
 * provider is in no registry.
 */
export async function createAccount(baseUrl: string, key: string): Promise<Account> {
  made += 1;
  const { id: tenantId } = await createTenant({ slug: `stripe-${made}`, name: `Stripe ${made}` });
  const connectionId = newId();
  await withTenant(tenantId, (tx) =>
    tx.insert(connections).values({
      tenantId,
      id: connectionId,
      provider: stripeProvider().key,
      label: 'Stripe',
      settings: { baseUrl },
    }),
  );
  return { tenantId, connectionId, baseUrl, key };
}

export const buildRequest = ({ tenantId, connectionId }: Account): SyncRequest => ({
  tenantId,
  connectionId,
  trigger: 'cli',
});

/** What a run works with, as src/lib/ingest/sync-connection.ts puts it together. */
export async function openAccount(
  account: Account,
  run: LeasedRun,
  http: OwnedHttpClient,
  provider = stripeProvider(),
): Promise<Source> {
  const { tenantId, connectionId, baseUrl, key } = account;
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const [connection] = await withTenant(tenantId, (tx) => tx.select().from(connections).where(own));
  if (connection === undefined) throw new Error('The connection is gone');
  const rest = {
    isProbe: false,
    timeZone: 'UTC',
    currency: 'USD',
    deletionShare: 0.2,
    sliceEnd: Number.POSITIVE_INFINITY,
    request: buildRequest(account),
  };
  const streams = await Promise.all(
    provider.streams.map((stream) =>
      mapByDefault(stream, { settings: { baseUrl }, currency: rest.currency }),
    ),
  );
  return {
    ...rest,
    ...run,
    streams: streams as unknown as Source['streams'],
    connection,
    tenantId,
    connectionId,
    http,
    isProbe: false,
    provider: provider as unknown as ProviderDefinition,
    settings: { baseUrl },
    secrets: { key },
  };
}
