/**
 * The pause of a connection. `strikes` counts how often in a row its source asked us to slow down
 * without saying for how long.
 */
export interface Pause {
  until: Date | null;
  strikes: number;
}

/**
 * A pause to add: `ms` is the length that the source gave; `firstMs` is the base of a length that
 * doubles with each strike.
 */
export type NewPause = { ms: number } | { firstMs: number };

/**
 * A pause without a given length grows up to this multiple of `firstMs`. After that long without a
 * pause the strikes start over.
 */
const maxMultiplier = 60;

/**
 * The pause after the source asked us to slow down. Requests that were in flight when a pause of
 * unknown length began do not prolong it. Pure.
 */
export function computeNextPause(
  current: Pause,
  pause: NewPause,
  at: Date,
): { until: Date; strikes: number } {
  const ends = current.until?.getTime() ?? 0;
  if ('ms' in pause)
    return {
      until: new Date(Math.max(ends, at.getTime() + Math.max(pause.ms, 0))),
      strikes: current.strikes,
    };
  if (current.until !== null && current.until > at)
    return { until: current.until, strikes: current.strikes };
  const maxPauseMs = pause.firstMs * maxMultiplier;
  const strikes =
    at.getTime() - ends < maxPauseMs ? Math.min(current.strikes + 1, maxMultiplier) : 1;
  return {
    until: new Date(at.getTime() + Math.min(pause.firstMs * 2 ** (strikes - 1), maxPauseMs)),
    strikes,
  };
}
