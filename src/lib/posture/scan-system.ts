import { createHttpClient, type OwnedHttpClient } from '../platform/http/client.ts';
import { config } from '../platform/config.ts';
import { Problem } from '../platform/errors.ts';
import { getRecords } from './findings.ts';
import { parseMailDomain } from './domain.ts';
import { toPolicyHost } from './mta-sts.ts';
import { createNodeResolver, type DnsResolver } from './resolver.ts';
import { scanDomain } from './scan.ts';
import type { Evidence } from './types.ts';

/** A policy is one small static file; a host that needs longer counts as unreachable. */
const POLICY_DEADLINE_MS = 5_000;
/** RFC 8461, section 3.2, suggests a limit of 64 KiB. */
const MAX_POLICY_BYTES = 64 * 1024;

/**
 * Scans a domain through the name servers of this installation (DNS_SERVERS, DNS_TIMEOUT_MS).
 * @throws Problem bad_request when the text is not a domain name
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

/**
 * The texts of the TXT records at a name, as the name servers of this installation answer now.
 * @throws Problem unavailable when they do not
 */
export async function lookUpTxt(name: string): Promise<string[]> {
  const resolver = createSystemResolver();
  try {
    const answer = await resolver.query(name, 'TXT');
    if (answer.kind === 'failed')
      throw new Problem(
        'unavailable',
        `The DNS did not answer the question for ${name} (${answer.reason}). Try again in a minute.`,
      );
    return getRecords(answer);
  } finally {
    resolver.close();
  }
}

/** Queries the name servers of DNS_SERVERS, or those of the system when there are none. */
function createSystemResolver(): DnsResolver {
  const { DNS_SERVERS, DNS_TIMEOUT_MS } = config();
  return createNodeResolver({ servers: DNS_SERVERS, timeoutMs: DNS_TIMEOUT_MS });
}

/**
 * A client that can only fetch the MTA-STS policy of one domain: from its policy host, at public
 * addresses, as the given resolver returns them.
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
    deadlineMs: POLICY_DEADLINE_MS,
    maxBytes: MAX_POLICY_BYTES,
    retry: { retries: 0 },
    resolve,
  });
}
