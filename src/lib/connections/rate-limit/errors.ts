import { RemoteError } from '../../platform/http/errors.ts';
import type { RateWindow } from '../../connectors/contract/limits.ts';
import { formatMinuteUtc } from '../../platform/format-minute.ts';

/** Why no request may be sent before `until`. */
export type Obstacle =
  { kind: 'paused'; until: Date } | { kind: 'empty'; window: RateWindow; until: Date };

/** The error of a request that would have to wait too long: why, and until when. */
export function createRateLimitError(label: string, obstacle: Obstacle): RemoteError {
  const { until } = obstacle;
  const why =
    obstacle.kind === 'paused'
      ? `${label} asked us to slow down.`
      : `All requests that ${label} allows in ${formatSpan(obstacle.window.seconds)} are used up.`;
  return new RemoteError(
    'rate_limited',
    `${why} We will continue automatically at ${formatMinuteUtc(until)}.`,
    { until, unsent: true },
  );
}

/** Units of time, longest first: length in seconds, and name. */
const spans = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** "a day", "15 minutes". */
function formatSpan(seconds: number): string {
  const [length, name] = spans.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [
    1,
    'second',
  ];
  const amount = seconds / length;
  return amount === 1 ? `${name === 'hour' ? 'an' : 'a'} ${name}` : `${amount} ${name}s`;
}
