import { setTimeout as delay } from 'node:timers/promises';
import { RemoteError } from './errors.ts';

/** How a failed request is tried again. Times are in milliseconds. */
export interface RetryPolicy {
  /** How many attempts may follow the first one. */
  retries: number;
  /** The wait before the first retry; it doubles each time: 1 s, 2 s, 4 s. */
  baseMs: number;
  /** The total wait of one request. A job that has to wait longer ends and continues later. */
  maxWaitMs: number;
}

export const defaultRetry: RetryPolicy = { retries: 3, baseMs: 1000, maxWaitMs: 60_000 };

export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>;
export const sleepFor: Sleep = (ms, signal) => delay(ms, undefined, signal && { signal });

export interface RetryContext {
  policy: RetryPolicy;
  now: () => Date;
  sleep: Sleep;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `attempt` (numbered from 1) until it succeeds, fails permanently, or another wait would
 * exceed the policy. Waits until the error's `until` if there is one, otherwise with exponential
 * backoff; both are jittered so that workers spread out.
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  mayRetry: (error: RemoteError) => boolean,
  context: RetryContext,
): Promise<T> {
  let waited = 0;
  for (let number = 1; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      if (!(error instanceof RemoteError) || !mayRetry(error)) throw error;
      const wait = computeDelay(number, error, context);
      if (number > context.policy.retries || waited + wait > context.policy.maxWaitMs) throw error;
      waited += wait;
      await waitBeforeRetry(wait, error, context);
    }
  }
}

function computeDelay(retry: number, error: RemoteError, { policy, now }: RetryContext): number {
  if (error.until === undefined)
    return policy.baseMs * 2 ** (retry - 1) * (0.75 + Math.random() / 2);
  // Never earlier than requested, and up to a second later.
  return (
    Math.max(error.until.getTime() - now().getTime(), 0) +
    Math.random() * Math.min(policy.baseMs, 1000)
  );
}

async function waitBeforeRetry(
  wait: number,
  error: RemoteError,
  { sleep, signal }: RetryContext,
): Promise<void> {
  try {
    await sleep(wait, signal);
  } catch {
    // Only the signal ends a wait early. The error that led to the wait is the more useful one.
    throw error;
  }
}
