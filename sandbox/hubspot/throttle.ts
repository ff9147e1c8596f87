import { randomUUID } from 'node:crypto';
import type { SandboxClock } from '../kit/clock.ts';
import { json, type Reply } from '../kit/provider.ts';
import type { LimitRules } from './spec.ts';

const TEN_SECONDS = 10_000;
const DAY = 86_400_000;

/** The limits of one account. What is turned away does not count. */
export class Throttle {
  readonly #clock: SandboxClock;
  readonly #rules: Required<LimitRules>;
  #requests: number[] = [];
  #searches: number[] = [];
  #day = { start: Number.NEGATIVE_INFINITY, used: 0 };
  #refused = 0;

  constructor(clock: SandboxClock, rules: LimitRules = {}) {
    this.#clock = clock;
    this.#rules = { burst: 190, searches: 5, daily: 625_000, retryAfter: 'none', ...rules };
  }

  /** How many requests were turned away. */
  get refused(): number {
    return this.#refused;
  }

  /** The refusal of a request that is one too many; undefined when it is admitted. */
  admit(isSearch: boolean): Reply | undefined {
    const now = this.#clock.now();
    const { burst, searches, daily } = this.#rules;
    this.#requests = this.#requests.filter((at) => at > now - TEN_SECONDS);
    this.#searches = this.#searches.filter((at) => at > now - 1_000);
    if (now >= this.#day.start + DAY) this.#day = { start: now - (now % DAY), used: 0 };
    if (this.#day.used >= daily) return this.#refuse('DAILY', this.#day.start + DAY - now);
    if (isSearch && this.#searches.length >= searches)
      return this.#refuse('SECONDLY', (this.#searches[0] ?? now) + 1_000 - now);
    if (this.#requests.length >= burst)
      return this.#refuse('TEN_SECONDLY_ROLLING', (this.#requests[0] ?? now) + TEN_SECONDS - now);
    this.#requests.push(now);
    if (isSearch) this.#searches.push(now);
    this.#day.used += 1;
    return undefined;
  }

  /** Searches tell nothing of what is left. */
  headers(isSearch: boolean): Record<string, string> {
    if (isSearch) return {};
    const { burst, daily } = this.#rules;
    return {
      'x-hubspot-ratelimit-daily': String(daily),
      'x-hubspot-ratelimit-daily-remaining': String(daily - this.#day.used),
      'x-hubspot-ratelimit-interval-milliseconds': String(TEN_SECONDS),
      'x-hubspot-ratelimit-max': String(burst),
      'x-hubspot-ratelimit-remaining': String(burst - this.#requests.length),
    };
  }

  #refuse(policyName: string, leftMs: number): Reply {
    this.#refused += 1;
    const message = `You have reached your ${policyName.toLowerCase()} limit.`;
    const reply = json(
      {
        status: 'error',
        message,
        errorType: 'RATE_LIMIT',
        correlationId: randomUUID(),
        policyName,
      },
      429,
    );
    return { ...reply, headers: { ...reply.headers, ...this.#retryAfter(leftMs) } };
  }

  #retryAfter(leftMs: number): Record<string, string> {
    const { retryAfter } = this.#rules;
    if (retryAfter === 'none') return {};
    const ms = Math.max(1_000, leftMs);
    return { 'retry-after': String(retryAfter === 'seconds' ? Math.ceil(ms / 1_000) : ms) };
  }
}
