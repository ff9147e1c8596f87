import { config } from '../platform/config.ts';
import { isLoopback } from '../platform/http/addresses.ts';
import {
  createHttpClient,
  type HttpClientOptions,
  type OwnedHttpClient,
} from '../platform/http/client.ts';
import type { Gate } from '../platform/http/types.ts';
import { observeAttempts } from '../platform/http/observe.ts';
import type { EndpointLimit } from '../connectors/contract/limits.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import { createRateLimitGate } from './rate-limit/gate.ts';
import { createCircuitGate } from './circuit/gate.ts';
import { createAudienceTokens } from './oauth/audience.ts';
import {
  createStoredTokens,
  withAuthorization,
  withHeaders,
  type TokenProvider,
} from './oauth/authorization.ts';
import { getOAuthProvider } from './oauth/token-endpoint.ts';

/**
 * The stored connection that requests are made for. `probe`: `admit` gave this run the circuit
 * breaker's probe.
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
  /** Absent while unsaved credentials are checked: no rate limit or circuit breaker applies. */
  owner?: ClientOwner;
  /** Sends to another API of the same provider for the same account; needs an owner. */
  via?: SecondaryApi;
  /** For providers whose secrets are sent in headers (`auth.headers`). */
  secrets?: Record<string, string>;
}

/** An API with its own host and its own access tokens. */
export interface SecondaryApi {
  baseUrl: string;
  hosts: readonly string[];
  /** Fields of the token request that differ from those of the grant. */
  tokenForm: Record<string, string>;
}

/**
 * Creates the HTTP client of one connection. It reaches the provider's hosts only, and loopback
 * only where the configuration allows it. With an owner, every request passes the circuit breaker
 * and the rate limit, and carries an access token if the provider uses OAuth.
 */
export function createConnectionClient(
  provider: ProviderDefinition,
  settings: unknown,
  { owner, via, secrets, ...options }: ConnectionClientOptions,
): OwnedHttpClient {
  const { baseUrl, hosts } = via ?? { ...(settings as { baseUrl: string }), hosts: provider.hosts };
  const { hostname } = new URL(baseUrl);
  const allowLoopback = config().ALLOW_LOOPBACK_PROVIDERS;
  const http = createHttpClient({
    allowedHosts: allowLoopback && isLoopback(hostname) ? [...hosts, hostname] : hosts,
    allowLoopback,
    deadlineMs: provider.limits.timeoutMs,
    onRequest: observeAttempts(provider.key),
    ...(provider.limits.readPause && { readPause: provider.limits.readPause }),
    ...(owner && { gates: createGates(provider, owner, options.signal) }),
    ...options,
  });
  const tokens = owner && createTokens(provider, owner, settings, via);
  return authenticate(http, provider, { settings, secrets, tokens, hosts, baseUrl });
}

interface Credentials {
  settings: unknown;
  secrets?: Record<string, string> | undefined;
  tokens?: TokenProvider | undefined;
  hosts: readonly string[];
  baseUrl: string;
}

/** Adds what the provider's way to authenticate sends with each request to its hosts. */
export function authenticate(
  http: OwnedHttpClient,
  { auth }: ProviderDefinition,
  { settings, secrets, tokens, hosts, baseUrl }: Credentials,
): OwnedHttpClient {
  if (auth.kind === 'keys') {
    const headers = secrets && auth.headers?.(secrets, settings);
    return headers === undefined ? http : withHeaders(http, headers, { hosts, baseUrl });
  }
  const { isTokenRejected } = auth.grant;
  return tokens === undefined
    ? http
    : withAuthorization(http, tokens, { hosts, baseUrl, isTokenRejected });
}

/** Undefined when the provider does not use OAuth. */
function createTokens(
  provider: ProviderDefinition,
  { tenantId, connectionId }: ClientOwner,
  settings: unknown,
  via: SecondaryApi | undefined,
): TokenProvider | undefined {
  const oauth = getOAuthProvider(provider);
  if (oauth === undefined) return undefined;
  const source = { tenantId, connectionId, provider: oauth, settings };
  return via === undefined
    ? createStoredTokens(source)
    : createAudienceTokens(source, via.tokenForm);
}

/**
 * The wait before the first probe, as a multiple of `SYNC_RETRY_BASE_MS`: one minute by default.
 */
const firstProbeFactor = 60;

/**
 * The circuit breaker comes first, so that a source that is down uses up no rate limit. The limits
 * on single endpoints come next, so that a request that waits for one holds nothing of the others.
 */
function createGates(
  { label, limits }: ProviderDefinition,
  { tenantId, connectionId, probe = false }: ClientOwner,
  signal: AbortSignal | undefined,
): Gate[] {
  const baseMs = config().SYNC_RETRY_BASE_MS;
  const rate = { label, signal, firstPauseMs: baseMs };
  const toGate = ({ covers, windows }: EndpointLimit): Gate => {
    const { enter } = createRateLimitGate(tenantId, connectionId, { ...limits, windows }, rate);
    // What the source says about pauses is for all requests, so only their gate listens.
    return { covers, enter, leave: () => Promise.resolve() };
  };
  return [
    createCircuitGate(tenantId, connectionId, {
      label,
      probe,
      signal,
      rules: { firstWaitMs: baseMs * firstProbeFactor },
    }),
    ...(limits.endpoints ?? []).map(toGate),
    createRateLimitGate(tenantId, connectionId, limits, rate),
  ];
}
