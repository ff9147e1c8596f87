import pLimit from 'p-limit';
import type { DnsQuery, DnsAnswer, RecordKind, DnsRecordData } from './resolver.ts';

/** What one scan may cost the name servers and us. */
export interface ScanLimits {
  maxQueries: number;
  /** No further question is asked after so many milliseconds. */
  totalMs: number;
  concurrency: number;
}

export const scanLimits: ScanLimits = { maxQueries: 160, totalMs: 30_000, concurrency: 8 };

/**
 * The questions of one scan: none is asked twice, and beyond the limits each is answered with
 * `failed`.
 */
export function limitQueries(query: DnsQuery, limits: ScanLimits = scanLimits): DnsQuery {
  const limiter = pLimit(limits.concurrency);
  const until = performance.now() + limits.totalMs;
  const cache: { [Kind in RecordKind]: Map<string, Promise<DnsAnswer<DnsRecordData[Kind]>>> } = {
    A: new Map(),
    AAAA: new Map(),
    CNAME: new Map(),
    MX: new Map(),
    TXT: new Map(),
  };
  let remaining = limits.maxQueries;
  return (name, kind) => {
    const key = name.toLowerCase().replace(/\.$/, '');
    const cached = cache[kind].get(key);
    if (cached) return cached;
    remaining -= 1;
    const answer = limiter(async () =>
      remaining >= 0 && performance.now() < until ? query(key, kind) : limitReached,
    );
    cache[kind].set(key, answer);
    return answer;
  };
}

const limitReached: DnsAnswer<never> = { kind: 'failed', reason: 'limit' };
