import type { RemoteErrorKind } from '../http/errors.ts';
import { counter, histogram } from './registry.ts';

const requestCounter = counter(
  'http_requests_total',
  'Requests answered, by the pattern of their route',
  ['method', 'route', 'status'],
);
const requestLatency = histogram(
  'http_request_latency_ms',
  'Time to the first byte of a response',
  ['route'],
  [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
);
const attemptCounter = counter(
  'outbound_tries_total',
  'Attempts at requests to other systems; each retry is another attempt',
  ['provider', 'outcome'],
);
const attemptLatency = histogram(
  'outbound_latency_ms',
  'Time that one attempt took, up to the last byte',
  ['provider'],
  [25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
);

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Counts a request and the time to its first byte. `route` is a pattern such as /w/[tenant]/leads:
 * raw paths would make a series for every address that a visitor makes up.
 */
export function countRequest(method: string, route: string, status: number, ms: number): void {
  requestCounter.inc({ method: methods.includes(method) ? method : 'other', route, status });
  requestLatency.observe({ route }, ms);
}

/**
 * Counts one attempt at a request to `provider`, which took `ms` milliseconds up to the last byte.
 */
export function countAttempt(
  provider: string,
  failure: RemoteErrorKind | undefined,
  ms: number,
): void {
  attemptCounter.inc({ provider, outcome: failure ?? 'ok' });
  attemptLatency.observe({ provider }, ms);
}
