import { createHttpClient, type OwnedHttpClient } from '../platform/http/client.ts';
import { config } from '../platform/config.ts';
import { getRecords } from './findings.ts';
import { parseMailDomain } from './domain.ts';
import { toPolicyHost } from './mta-sts.ts';
import { createNodeResolver, type DnsResolver } from './resolver.ts';
import { scanDomain } from './scan.ts';
import type { Evidence } from './types.ts';

const KIBIBYTE = 1024;

/**
 * A scan as this installation is configured (DNS_SERVERS, DNS_TIMEOUT_MS). @throws Problem
 * bad_request when the text is no domain name
 */
export async function scanWithSystemResolver(text: string, now?: () => Date): Promise<Evidence> {
  const resolver = createSystemResolver();
  const http = createPolicyClient(parseMailDomain(text), resolver);
  try {
    return await scanDomain(text, { resolver, http, ...(now && { now }) });
  } finally {
    resolver.close();
    await http.close();
  }
}

/** Asks the name servers of DNS_SERVERS, else the system's. */
function createSystemResolver(): DnsResolver {
  const { DNS_SERVERS, DNS_TIMEOUT_MS } = config();
  return createNodeResolver({ servers: DNS_SERVERS, timeoutMs: DNS_TIMEOUT_MS });
}

/**
 * The way to one MTA-STS policy: to that host only, at public addresses only, as the same name
 * servers give them.
 */
export function createPolicyClient(domain: string, resolver: DnsResolver): OwnedHttpClient {
  const resolve = async (host: string) => {
    const [four, six] = await Promise.all([
      resolver.query(host, 'A'),
      resolver.query(host, 'AAAA'),
    ]);
    return [
      ...getRecords(four).map((address) => ({ address, family: 4 })),
      ...getRecords(six).map((address) => ({ address, family: 6 })),
    ];
  };
  return createHttpClient({
    allowedHosts: [toPolicyHost(domain)],
    allowLoopback: false,
    deadlineMs: 5000,
    maxBytes: 64 * KIBIBYTE,
    retry: { retries: 0 },
    resolve,
  });
}
