import { createHttpClient, type OwnedHttpClient } from '../platform/http/client.ts';
import { config } from '../platform/config.ts';
import { recordsOf } from './findings.ts';
import { mailDomain } from './domain.ts';
import { policyHost } from './mta-sts.ts';
import { nodeResolver, type DnsResolver } from './resolver.ts';
import { scanDomain } from './scan.ts';
import type { Evidence } from './types.ts';

const KIBIBYTE = 1024;

/**
 * A scan as this installation is configured (DNS_SERVERS, DNS_TIMEOUT_MS). @throws Problem
 * bad_request when the text is no domain name
 */
export async function scanFromHere(text: string, now?: () => Date): Promise<Evidence> {
  const resolver = systemResolver();
  const http = policyClient(mailDomain(text), resolver);
  try {
    return await scanDomain(text, { resolver, http, ...(now && { now }) });
  } finally {
    resolver.close();
    await http.close();
  }
}

/** Asks the name servers of DNS_SERVERS, else the system's. */
export function systemResolver(): DnsResolver {
  const { DNS_SERVERS, DNS_TIMEOUT_MS } = config();
  return nodeResolver({ servers: DNS_SERVERS, timeoutMs: DNS_TIMEOUT_MS });
}

/**
 * The way to one MTA-STS policy: to that host only, at public addresses only, as the same name
 * servers give them.
 */
export function policyClient(domain: string, resolver: DnsResolver): OwnedHttpClient {
  const resolve = async (host: string) => {
    const [four, six] = await Promise.all([resolver.ask(host, 'A'), resolver.ask(host, 'AAAA')]);
    return [
      ...recordsOf(four).map((address) => ({ address, family: 4 })),
      ...recordsOf(six).map((address) => ({ address, family: 6 })),
    ];
  };
  return createHttpClient({
    allowedHosts: [policyHost(domain)],
    allowLoopback: false,
    deadlineMs: 5000,
    maxBytes: 64 * KIBIBYTE,
    retry: { retries: 0 },
    resolve,
  });
}
