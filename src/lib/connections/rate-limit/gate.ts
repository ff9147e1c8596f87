import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import { sleepFor } from '../../platform/http/retry.ts';
import type { Gate, AttemptOutcome } from '../../platform/http/types.ts';
import type { Limits } from '../../connectors/contract/limits.ts';
import type { NewPause } from './pauses.ts';
import { RateLimitLease } from './lease.ts';
import { createRateLimitError } from './errors.ts';

export interface RateGateOptions {
  /** Name of the source in messages. */
  label?: string;
  /** The longest that one request waits; beyond that it fails at once. Default 20 s. */
  maxWaitMs?: number;
  /** Ends waits early. */
  signal?: AbortSignal | undefined;
  /**
   * The first pause when a source asks us to slow down without saying for how long. Default 1 s,
   * doubling up to 60 times that.
   */
  firstPauseMs?: number;
}

/**
 * The rate limit of one connection, shared by all workers through the database. `enter` resolves
 * when a request may be sent; if the wait is too long it throws RemoteError `rate_limited` with
 * `until`. It holds no lock and no database connection while it waits.
 */
export function createRateLimitGate(
  tenantId: string,
  connectionId: string,
  limits: Limits,
  options: RateGateOptions = {},
): Gate {
  const { label = 'The source', maxWaitMs = 20_000, signal, firstPauseMs = 1000 } = options;
  const windows = limits.windows ?? [];
  const lease = new RateLimitLease({ tenantId, connectionId }, windows);

  async function enter(): Promise<void> {
    for (let waited = 0; ;) {
      const obstacle = await lease.acquire();
      if (obstacle === undefined) return;
      const wait = computeWait(obstacle.until.getTime() - lease.now().getTime());
      waited += wait;
      if (waited > maxWaitMs || !(await trySleep(wait, signal)))
        throw createRateLimitError(label, obstacle);
    }
  }

  async function leave(outcome: AttemptOutcome): Promise<void> {
    const { headers } = outcome;
    if (asksToSlowDown(outcome)) await lease.pause(toPause(outcome, firstPauseMs));
    if (headers !== undefined && windows.length > 0)
      await lease.observe(limits.readQuota?.(headers, lease.now()) ?? []);
  }

  return { enter, leave };
}

/** False when the signal ended the wait early; the caller then reports why it was waiting. */
function trySleep(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return sleepFor(ms, signal).then(
    () => true,
    () => false,
  );
}

function toPause({ until, headers }: AttemptOutcome, firstMs: number): NewPause {
  const now = new Date();
  const named = until ?? parseRetryAfter(headers?.['retry-after'], now);
  return named === undefined ? { firstMs } : { ms: named.getTime() - now.getTime() };
}

/** A 503 counts only if it says when to come back; otherwise it is an outage like any other. */
function asksToSlowDown({ failure, status, until }: AttemptOutcome): boolean {
  return failure === 'rate_limited' || status === 429 || (status === 503 && until !== undefined);
}

/** Added to each wait, in milliseconds: timers may fire a little early. */
const timerSlackMs = 5;
/** Jitter of a wait: at most this share of it, and at most this many milliseconds. */
const jitterShare = 0.25;
const maxJitterMs = 1000;

/** Adds jitter, because all callers that wait for the same moment would otherwise send at once. */
function computeWait(ms: number): number {
  const minMs = Math.max(ms, 0);
  return minMs + timerSlackMs + Math.random() * Math.min(minMs * jitterShare, maxJitterMs);
}
