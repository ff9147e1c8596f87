import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxClock } from '../kit/clock.ts';
import { CODES, Refusal } from './errors.ts';

/** Service protection, as documented unless told otherwise. */
export interface ThrottleRules {
  /** Within the window. Default 6,000. */
  requests?: number;
  /** Time of execution within the window, in milliseconds. Default 1,200,000. */
  executionMs?: number;
  /** Under way at once. Default 52. */
  concurrent?: number;
  /** Default 300. */
  windowSeconds?: number;
  /** How long the server works on each request. Default 0. */
  workMs?: number;
  /** By how much each request that comes too early prolongs the pause. Default 1. */
  hammerSeconds?: number;
  /** The least pause. Default 1. */
  pauseSeconds?: number;
}

/**
 * The three limits of one user on one server. Who goes on asking while told to wait waits longer.
 */
export class Throttle {
  readonly #clock: SandboxClock;
  readonly #rules: Required<ThrottleRules>;
  #times: number[] = [];
  #underWay = 0;
  #until = 0;
  #refused = 0;

  constructor(clock: SandboxClock, rules: ThrottleRules = {}) {
    this.#clock = clock;
    this.#rules = {
      requests: 6_000,
      executionMs: 1_200_000,
      concurrent: 52,
      windowSeconds: 300,
      workMs: 0,
      hammerSeconds: 1,
      pauseSeconds: 1,
      ...rules,
    };
  }

  /** How many requests were turned away. */
  get refused(): number {
    return this.#refused;
  }

  /** Does the work of a request under the limits. Throws Refusal (429) when it is one too many. */
  async admit<T>(work: () => T): Promise<T> {
    this.#check();
    this.#times.push(this.#clock.now());
    this.#underWay += 1;
    try {
      if (this.#rules.workMs > 0) await sleep(this.#rules.workMs);
      return work();
    } finally {
      this.#underWay -= 1;
    }
  }

  #check(): void {
    const now = this.#clock.now();
    const { requests, executionMs, concurrent, windowSeconds, workMs, hammerSeconds } = this.#rules;
    if (now < this.#until) {
      this.#until = Math.min(this.#until + hammerSeconds * 1_000, now + windowSeconds * 1_000);
      throw this.#refusal(
        CODES.requests,
        `Number of requests exceeded the limit of ${requests} over ` +
          `time window of ${windowSeconds} seconds.`,
      );
    }
    this.#times = this.#times.filter((at) => at > now - windowSeconds * 1_000);
    if (this.#underWay >= concurrent)
      throw this.#pause(
        now,
        CODES.concurrency,
        `Number of concurrent requests exceeded the limit of ${concurrent}.`,
      );
    if (this.#times.length >= requests)
      throw this.#pause(
        now,
        CODES.requests,
        `Number of requests exceeded the limit of ${requests} over ` +
          `time window of ${windowSeconds} seconds.`,
      );
    if (workMs > 0 && this.#times.length * workMs >= executionMs) {
      const text =
        'Combined execution time of incoming requests exceeded limit of ' +
        `${executionMs.toLocaleString('en-US')} milliseconds over time window of ` +
        `${windowSeconds} seconds. Decrease number of concurrent requests or reduce the ` +
        'duration of requests and try again later.';
      throw this.#pause(now, CODES.time, text);
    }
  }

  /** Until the oldest request has left the window; too many at once are over sooner. */
  #pause(now: number, code: string, message: string): Refusal {
    const { windowSeconds, pauseSeconds } = this.#rules;
    const left =
      code === CODES.concurrency ? 0 : (this.#times[0] ?? now) + windowSeconds * 1_000 - now;
    this.#until = now + Math.max(left, pauseSeconds * 1_000);
    return this.#refusal(code, message);
  }

  #refusal(code: string, message: string): Refusal {
    this.#refused += 1;
    return new Refusal(429, code, message, {
      'retry-after': String(Math.max(1, Math.ceil((this.#until - this.#clock.now()) / 1_000))),
    });
  }
}
