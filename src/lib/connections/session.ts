import { retryOnDbOutage } from '../platform/db/retry.ts';
import type { OwnedHttpClient } from '../platform/http/client.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { admit } from './circuit/store.ts';
import {
  createConnectionClient,
  type ConnectionClientOptions,
  type SecondaryApi,
} from './client.ts';
import { openConnection, setConnectionHealth, type OpenConnection } from './connections.ts';

/*
 * The one way to a remote system. `withConnection` loads a connection and decrypts its secrets
 * (connections.ts, seal.ts), then hands the caller an HTTP client (client.ts) whose requests pass,
 * in this order:
 *
 *   oauth/       adds an access token, renewed under a lease when it is about to expire
 *   circuit/     throws while the circuit breaker is open
 *   rate-limit/  waits for the rate limit, or throws if the wait is too long
 *
 * All three keep their state in the database, so that it holds for all workers together.
 */

export interface ConnectionKey {
  tenantId: string;
  connectionId: string;
}

/** A stored connection, opened for one piece of work. */
export interface ConnectionSession extends OpenConnection, ConnectionKey {
  http: OwnedHttpClient;
  /** Whether this work is the probe that shows if the source responds again. */
  isProbe: boolean;
}

export interface SessionOptions extends Omit<ConnectionClientOptions, 'owner' | 'via' | 'secrets'> {
  /**
   * For background work: the circuit breaker is checked before the work starts, and a database
   * outage is waited out. `insist`: a person requested the work. Absent while a person waits for
   * the response.
   */
  background?: { insist: boolean };
  /** Sends to another API of the same provider for the same account. */
  via?: (open: OpenConnection) => SecondaryApi;
}

/**
 * Runs `work` with a stored connection and closes its HTTP client afterwards. Throws Problem
 * `not_found`, and RemoteError `transient` (with `until`) while the circuit breaker is open.
 */
export async function withConnection<T>(
  { tenantId, connectionId }: ConnectionKey,
  { background, via, ...client }: SessionOptions,
  work: (session: ConnectionSession) => Promise<T>,
): Promise<T> {
  const read = () => openConnection(tenantId, connectionId);
  const open = await (background === undefined ? read() : retryOnDbOutage(read));
  const isProbe = background !== undefined && (await admitAsProbe(open, background));
  const http = createConnectionClient(open.provider, open.settings, {
    ...client,
    owner: { tenantId, connectionId, probe: isProbe },
    secrets: open.secrets,
    ...(via && { via: via(open) }),
  });
  try {
    return await work({ ...open, tenantId, connectionId, http, isProbe });
  } finally {
    await http.close();
  }
}

/**
 * True when this work is the circuit breaker's only probe. While the circuit breaker is open,
 * scheduled work throws; work that a person requested becomes the probe without waiting.
 */
async function admitAsProbe(
  { connection, provider }: OpenConnection,
  { insist }: { insist: boolean },
): Promise<boolean> {
  const admission = await admit(connection.tenantId, connection.id, { insist });
  if (admission.kind !== 'open') return admission.kind === 'probe';
  const message = `${provider.label} has not been responding, so no requests are sent for now.`;
  throw new RemoteError('transient', `${message} ${admission.reason}`.trim(), {
    until: admission.until,
    unsent: true,
  });
}

/** Stores that the credentials were rejected (a sentence for people) or, with null, accepted. */
export async function recordHealth(
  { tenantId, connectionId }: ConnectionKey,
  refusal: string | null,
): Promise<void> {
  await retryInTenant(tenantId, (tx) => setConnectionHealth(tx, tenantId, connectionId, refusal));
}
