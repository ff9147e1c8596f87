import type { RemoteErrorKind } from '../http/errors.ts';
import { counter, histogram } from './registry.ts';

const requestCounter = counter(
  'http_requests_total',
  'Requests answered, by the pattern of their route',
  ['method', 'route', 'status'],
);
const requestLatency = histogram(
  'http_request_latency_ms',
  'Time to the first byte of an answer',
  ['route'],
  [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000],
);
const attemptCounter = counter(
  'outbound_tries_total',
  'Tries of requests to other systems; a repeated request is several tries',
  ['provider', 'outcome'],
);
const attemptLatency = histogram(
  'outbound_latency_ms',
  'Time that one try took, up to the last byte',
  ['provider'],
  [25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
);

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * A request was answered. `route` is a pattern such as /w/[tenant]/leads: raw paths would make a
 * series for each visitor's whim.
 */
export function countRequest(method: string, route: string, status: number, ms: number): void {
  requestCounter.inc({ method: methods.includes(method) ? method : 'other', route, status });
  requestLatency.observe({ route }, ms);
}

/** One try of a request to `provider` ended. */
export function countAttempt(
  provider: string,
  failure: RemoteErrorKind | undefined,
  ms: number,
): void {
  attemptCounter.inc({ provider, outcome: failure ?? 'ok' });
  attemptLatency.observe({ provider }, ms);
}
