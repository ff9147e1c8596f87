import type { Failure } from './failures.ts';

/** Each connection is synced once in this time, unless its settings ask for it more often. */
export const syncIntervalMs = 3_600_000;
/** How soon a source that could not be reached at all is tried again. */
const retryMs = 60_000;

/**
 * The next time after `now` at which a connection is due: always at its own minute, so that the
 * load spreads over the hour.
 */
export function computeNextDue(connectionId: string, now: Date, intervalMs = syncIntervalMs): Date {
  const offset = computeOffset(connectionId, intervalMs);
  const slot = Math.floor((now.getTime() - offset) / intervalMs) + 1;
  return new Date(slot * intervalMs + offset);
}

/**
 * Taken from the random end of the id: the beginning of a version 7 UUID is a time and would not
 * spread the connections.
 */
function computeOffset(connectionId: string, intervalMs: number): number {
  return Number.parseInt(connectionId.slice(-8), 16) % intervalMs;
}

/**
 * The share of the interval for which a connection that was just synced is not synced again, even
 * if its minute comes within that time.
 */
const restShare = 0.1;

/**
 * When a connection is synced again after a run that ended at `now`; `waitingFor` is the reason
 * when that is not its regular minute.
 */
export function computeNextAttempt(
  connectionId: string,
  now: Date,
  failure: Failure | undefined,
  intervalMs = syncIntervalMs,
): { at: Date; waitingFor: string | null } {
  const regular = computeNextDue(
    connectionId,
    new Date(now.getTime() + intervalMs * restShare),
    intervalMs,
  );
  if (failure?.until !== undefined && failure.until > now)
    return { at: failure.until, waitingFor: failure.message };
  if (failure?.kind === 'transient' || failure?.kind === 'rate_limited')
    return {
      at: earliest(regular, new Date(now.getTime() + retryMs)),
      waitingFor: failure.message,
    };
  return { at: regular, waitingFor: null };
}

const earliest = (a: Date, b: Date): Date => (a < b ? a : b);
