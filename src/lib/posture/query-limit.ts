import pLimit from 'p-limit';
import type { DnsQuery, DnsAnswer, RecordKind, DnsRecordData } from './resolver.ts';

/** Bounds on what one scan costs the name servers and us. */
export interface ScanLimits {
  maxQueries: number;
  /** Milliseconds after which no further query is sent. */
  totalMs: number;
  concurrency: number;
}

export const scanLimits: ScanLimits = { maxQueries: 160, totalMs: 30_000, concurrency: 8 };

/**
 * Wraps the queries of one scan: a repeated query returns the first answer, and queries beyond the
 * limits fail with the reason `limit` without being sent.
 */
export function limitQueries(query: DnsQuery, limits: ScanLimits = scanLimits): DnsQuery {
  const limiter = pLimit(limits.concurrency);
  const until = performance.now() + limits.totalMs;
  const cache = createCache();
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

type AnswerCache = {
  [Kind in RecordKind]: Map<string, Promise<DnsAnswer<DnsRecordData[Kind]>>>;
};

function createCache(): AnswerCache {
  return { A: new Map(), AAAA: new Map(), CNAME: new Map(), MX: new Map(), TXT: new Map() };
}

const limitReached: DnsAnswer<never> = { kind: 'failed', reason: 'limit' };
