import pLimit from 'p-limit';
import type { Ask, DnsAnswer, RecordKind, RecordOf } from './resolver.ts';

/** What one scan may cost the name servers and us. */
export interface ScanLimits {
  questions: number;
  /** No further question is asked after so many milliseconds. */
  totalMs: number;
  atOnce: number;
}

export const scanLimits: ScanLimits = { questions: 160, totalMs: 30_000, atOnce: 8 };

/**
 * The questions of one scan: none is asked twice, and beyond the limits each is answered with
 * `failed`.
 */
export function boundedQuestions(ask: Ask, limits: ScanLimits = scanLimits): Ask {
  const run = pLimit(limits.atOnce);
  const until = performance.now() + limits.totalMs;
  const known: { [Kind in RecordKind]: Map<string, Promise<DnsAnswer<RecordOf[Kind]>>> } = {
    A: new Map(),
    AAAA: new Map(),
    CNAME: new Map(),
    MX: new Map(),
    TXT: new Map(),
  };
  let left = limits.questions;
  return (name, kind) => {
    const key = name.toLowerCase().replace(/\.$/, '');
    const before = known[kind].get(key);
    if (before) return before;
    left -= 1;
    const answer = run(async () =>
      left >= 0 && performance.now() < until ? ask(key, kind) : beyond,
    );
    known[kind].set(key, answer);
    return answer;
  };
}

const beyond: DnsAnswer<never> = { kind: 'failed', reason: 'limit' };
