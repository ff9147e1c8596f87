/**
 * The pause of a connection, and how often in a row its source asked for one without saying how
 * long.
 */
export interface Pause {
  until: Date | null;
  strikes: number;
}

/**
 * A pause of the length that the source named; or of one that grows with each time that it named
 * none.
 */
export type NewPause = { ms: number } | { firstMs: number };

/**
 * The growing pause ends at so many times its first length; after so long without a pause it begins
 * anew.
 */
const maxMultiplier = 60;

/**
 * The pause after the source asked to slow down. Those who were under way when it began do not
 * prolong it.
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
