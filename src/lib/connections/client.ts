import { config } from '../platform/config.ts';
import { isLoopback } from '../platform/http/addresses.ts';
import {
  createHttpClient,
  type HttpClientOptions,
  type OwnedHttpClient,
} from '../platform/http/client.ts';
import type { Gate } from '../platform/http/types.ts';
import { observeAttempts } from '../platform/http/observe.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import { createRateLimitGate } from './rate-limit/gate.ts';
import { createCircuitGate } from './circuit/gate.ts';
import { createAudienceTokens } from './oauth/audience.ts';
import { createStoredTokens, withAuthorization } from './oauth/authorization.ts';
import { getOAuthProvider } from './oauth/token-endpoint.ts';

/**
 * The stored connection that requests are made for. `probe`: this run got the circuit's probe from
 * `admit`.
 */
interface ClientOwner {
  tenantId: string;
  connectionId: string;
  probe?: boolean;
}

export interface ConnectionClientOptions extends Pick<
  HttpClientOptions,
  'retry' | 'signal' | 'deadlineMs'
> {
  /**
   * Absent while a connection is only tried out: then no budget and no circuit is shared with
   * anybody.
   */
  owner?: ClientOwner;
  /** Another API of the same provider, for the same account; needs an owner. */
  via?: SecondaryApi;
}

/** An API that has a host and access tokens of its own. */
export interface SecondaryApi {
  baseUrl: string;
  hosts: readonly string[];
  /** Fields of the token request that differ from those of the grant. */
  tokenForm: Record<string, string>;
}

/**
 * The way out for one connection: its provider's hosts, and loopback only where the configuration
 * allows it.
 */
export function createConnectionClient(
  provider: ProviderDefinition,
  settings: unknown,
  { owner, via, ...options }: ConnectionClientOptions,
): OwnedHttpClient {
  const { baseUrl, hosts } = via ?? { ...(settings as { baseUrl: string }), hosts: provider.hosts };
  const { hostname } = new URL(baseUrl);
  const allowLoopback = config().ALLOW_LOOPBACK_PROVIDERS;
  const http = createHttpClient({
    allowedHosts: allowLoopback && isLoopback(hostname) ? [...hosts, hostname] : hosts,
    allowLoopback,
    deadlineMs: provider.limits.timeoutMs,
    onRequest: observeAttempts(provider.key),
    ...(owner && { gates: createGates(provider, owner, options.signal) }),
    ...options,
  });
  const oauth = getOAuthProvider(provider);
  if (oauth === undefined || owner === undefined) return http;
  const { tenantId, connectionId } = owner;
  const source = { tenantId, connectionId, provider: oauth, settings };
  return withAuthorization(
    http,
    via === undefined ? createStoredTokens(source) : createAudienceTokens(source, via.tokenForm),
    { hosts, baseUrl },
  );
}

/** A source that is down takes nothing from the budget, so its circuit is asked first. */
function createGates(
  { label, limits }: ProviderDefinition,
  { tenantId, connectionId, probe = false }: ClientOwner,
  signal: AbortSignal | undefined,
): Gate[] {
  const baseMs = config().SYNC_RETRY_BASE_MS;
  return [
    createCircuitGate(tenantId, connectionId, {
      label,
      probe,
      signal,
      rules: { firstWaitMs: baseMs * 60 },
    }),
    createRateLimitGate(tenantId, connectionId, limits, { label, signal, firstPauseMs: baseMs }),
  ];
}
