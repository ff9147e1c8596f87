import { config } from '../platform/config.ts';
import { createHttpClient, type HttpClientOptions, type OwnedHttpClient } from '../platform/http/client.ts';
import type { ProviderDefinition } from '../providers/types.ts';
import { isLoopback } from './validate.ts';

/** The way out for one connection: its provider's hosts, and loopback only where the configuration allows it. */
export function connectionClient(provider: ProviderDefinition, settings: unknown, options: Pick<HttpClientOptions, 'retry' | 'signal' | 'deadlineMs'>): OwnedHttpClient {
  const { hostname } = new URL((settings as { baseUrl: string }).baseUrl);
  const allowLoopback = config().ALLOW_LOOPBACK_PROVIDERS;
  return createHttpClient({
    allowedHosts: allowLoopback && isLoopback(hostname) ? [...provider.hosts, hostname] : provider.hosts,
    allowLoopback,
    deadlineMs: provider.limits.timeoutMs,
    ...options,
  });
}
