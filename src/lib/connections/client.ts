import { config } from '../platform/config.ts';
import { isLoopback } from '../platform/http/addresses.ts';
import { createHttpClient, type HttpClientOptions, type OwnedHttpClient } from '../platform/http/client.ts';
import type { Gate } from '../platform/http/types.ts';
import { observeTries } from '../platform/http/observe.ts';
import type { ProviderDefinition } from '../providers/types.ts';
import { rateGate } from './budget/gate.ts';
import { circuitGate } from './circuit/gate.ts';
import { storedTokens, withAuthorization } from './oauth/authorization.ts';
import { oauthOf } from './oauth/token-endpoint.ts';

/** The stored connection that requests are made for. `probe`: this run got the circuit's probe from `admit`. */
export interface ClientOwner {
  tenantId: string;
  connectionId: string;
  probe?: boolean;
}

export interface ConnectionClientOptions extends Pick<HttpClientOptions, 'retry' | 'signal' | 'deadlineMs'> {
  /** Absent while a connection is only tried out: then no budget and no circuit is shared with anybody. */
  owner?: ClientOwner;
}

/** The way out for one connection: its provider's hosts, and loopback only where the configuration allows it. */
export function connectionClient(provider: ProviderDefinition, settings: unknown, { owner, ...options }: ConnectionClientOptions): OwnedHttpClient {
  const { baseUrl } = settings as { baseUrl: string };
  const { hostname } = new URL(baseUrl);
  const allowLoopback = config().ALLOW_LOOPBACK_PROVIDERS;
  const http = createHttpClient({
    allowedHosts: allowLoopback && isLoopback(hostname) ? [...provider.hosts, hostname] : provider.hosts,
    allowLoopback,
    deadlineMs: provider.limits.timeoutMs,
    onRequest: observeTries(provider.key),
    ...(owner && { gates: gatesOf(provider, owner, options.signal) }),
    ...options,
  });
  const oauth = oauthOf(provider);
  if (oauth === undefined || owner === undefined) return http;
  const { tenantId, connectionId } = owner;
  return withAuthorization(http, storedTokens({ tenantId, connectionId, provider: oauth, settings }), { hosts: provider.hosts, baseUrl });
}

/** A source that is down takes nothing from the budget, so its circuit is asked first. */
function gatesOf({ label, limits }: ProviderDefinition, { tenantId, connectionId, probe = false }: ClientOwner, signal: AbortSignal | undefined): Gate[] {
  const baseMs = config().SYNC_RETRY_BASE_MS;
  return [
    circuitGate(tenantId, connectionId, { label, probe, signal, rules: { firstWaitMs: baseMs * 60 } }),
    rateGate(tenantId, connectionId, limits, { label, signal, firstPauseMs: baseMs }),
  ];
}
