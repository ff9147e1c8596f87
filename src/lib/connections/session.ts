import { retryOnDbOutage } from '../platform/db/retry.ts';
import type { OwnedHttpClient } from '../platform/http/client.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { admit } from './circuit/store.ts';
import {
  createConnectionClient,
  type ConnectionClientOptions,
  type SecondaryApi,
} from './client.ts';
import { openConnection, setConnectionHealth, type OpenConnection } from './connections.ts';

export interface ConnectionKey {
  tenantId: string;
  connectionId: string;
}

/** A stored connection, open for one piece of work: reading, writing or asking. */
export interface ConnectionSession extends OpenConnection, ConnectionKey {
  http: OwnedHttpClient;
  /** Whether this work finds out if the source answers again after its circuit was open. */
  isProbe: boolean;
}

export interface SessionOptions extends Omit<ConnectionClientOptions, 'owner' | 'via'> {
  /**
   * For background work: the circuit is asked before anything is sent, and a database that restarts
   * is waited for. `insist`: a person asked for it. Absent while a person waits for the answer.
   */
  background?: { insist: boolean };
  /** Another API of the same provider, for the same account. */
  via?: (open: OpenConnection) => SecondaryApi;
}

/**
 * Opens a connection for everything that talks to a remote system: credentials are unsealed, the
 * circuit breaker and the rate limit stand before each request, and the client is closed at the
 * end. Throws Problem `not_found`, and RemoteError `transient` (with `until`) while the circuit is
 * open.
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
    ...(via && { via: via(open) }),
  });
  try {
    return await work({ ...open, tenantId, connectionId, http, isProbe });
  } finally {
    await http.close();
  }
}

/**
 * True when this work got the circuit's one probe. While the circuit is open, scheduled work throws
 * and a person's request does not wait.
 */
async function admitAsProbe(
  { connection, provider }: OpenConnection,
  { insist }: { insist: boolean },
): Promise<boolean> {
  const admission = await admit(connection.tenantId, connection.id, { insist });
  if (admission.kind !== 'open') return admission.kind === 'probe';
  const message = `${provider.label} has not been answering and is left alone for a while.`;
  throw new RemoteError('transient', `${message} ${admission.reason}`.trim(), {
    until: admission.until,
    unsent: true,
  });
}

/** Notes that the credentials were refused, in the words for people, or (null) that they work. */
export async function recordHealth(
  { tenantId, connectionId }: ConnectionKey,
  refusal: string | null,
): Promise<void> {
  await retryOnDbOutage(() =>
    withTenant(tenantId, (tx) => setConnectionHealth(tx, tenantId, connectionId, refusal)),
  );
}
