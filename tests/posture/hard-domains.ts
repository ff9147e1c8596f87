import { afterAll, beforeAll } from 'vitest';
import { HARD, startDns, type DnsServer } from '../../sandbox/dns/index.ts';
import { createNodeResolver, type DnsResolver } from '../../src/lib/posture/resolver.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import type { Evidence } from '../../src/lib/posture/types.ts';

const now = new Date('2026-11-21T12:00:00Z');
/** Scans of domains that never respond get little time, because all of it is spent waiting. */
const HASTY_QUERY_MS = 1_500;
const HASTY_LIMITS = { maxQueries: 160, totalMs: 1_000, concurrency: 8 };

/**
 * Starts the imitated name servers for one test file and scans their hard cases over real UDP and
 * TCP. The domains of `neverRespond` are scanned together beforehand.
 */
export function useHardDomains({ neverRespond }: { neverRespond: readonly string[] }) {
  let server: DnsServer;
  let resolver: DnsResolver;
  const scanned = new Map<string, Evidence>();

  beforeAll(async () => {
    server = await startDns();
    resolver = createNodeResolver({ servers: [server.address], timeoutMs: 10_000 });
    const hasty = createNodeResolver({ servers: [server.address], timeoutMs: HASTY_QUERY_MS });
    const options = { resolver: hasty, now: () => now, limits: HASTY_LIMITS };
    await Promise.all(
      neverRespond.map(async (name) =>
        scanned.set(name, await scanDomain(`${name}.${HARD}`, options)),
      ),
    );
    hasty.close();
  });
  afterAll(async () => {
    resolver.close();
    await server.close();
  });

  const scan = (domain: string): Promise<Evidence> =>
    scanDomain(domain, { resolver, now: () => now });
  return {
    now,
    scan,
    /** The evidence of a hard case, by its name. */
    hard: async (name: string): Promise<Evidence> => scanned.get(name) ?? scan(`${name}.${HARD}`),
    dns: () => server,
    resolver: () => resolver,
  };
}
