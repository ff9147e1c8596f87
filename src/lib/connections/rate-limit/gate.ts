import { parseRetryAfter } from '../../platform/http/retry-after.ts';
import { sleepFor } from '../../platform/http/retry.ts';
import type { Gate, AttemptOutcome } from '../../platform/http/types.ts';
import type { Limits } from '../../connectors/contract/limits.ts';
import type { NewPause } from './pauses.ts';
import { RateLimitLease } from './lease.ts';
import { createRateLimitError } from './errors.ts';

export interface RateGateOptions {
  /** What the source is called in messages. */
  label?: string;
  /**
   * The longest wait of one request; whoever would wait longer gives up its place instead. Default
   * 20 s.
   */
  maxWaitMs?: number;
  /** Ends waits early. */
  signal?: AbortSignal | undefined;
  /**
   * The first pause when a source asks to slow down and does not say for how long. Default 1 s,
   * doubling to a minute.
   */
  firstPauseMs?: number;
}

/**
 * The rate limit of one connection, shared by all workers through the database. `enter` resolves
 * when a request may be sent. When that is too far off it throws RemoteError `rate_limited` with
 * `until`. Nothing is held while it waits.
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

/** False when the signal ended the wait early: what is told then is why we were waiting. */
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

/** A 503 is an outage like others, unless it says when to come back. */
function asksToSlowDown({ failure, status, until }: AttemptOutcome): boolean {
  return failure === 'rate_limited' || status === 429 || (status === 503 && until !== undefined);
}

/**
 * Up to a quarter longer than asked, a second at most: all who wait for the same moment would come
 * at once.
 */
function computeWait(ms: number): number {
  const minMs = Math.max(ms, 0);
  return minMs + 5 + Math.random() * Math.min(minMs / 4, 1000);
}
