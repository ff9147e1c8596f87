import { counter, gauge } from './registry.ts';

/** The requests of a web process that are handled and wait, and how many it has refused so far. */
export interface Load {
  active: number;
  waiting: number;
  shed: Record<ShedReason, number>;
}

/** The queue was full, or had to make room for a client who asks for less. */
export type ShedReason = 'full' | 'displaced';

const requests = gauge(
  'http_requests_in_hand',
  'Requests that are handled (active) or wait for their turn (waiting)',
  ['state'],
);
const shed = counter(
  'http_requests_shed_total',
  'Requests refused with 503 because too many arrived at once',
  ['reason'],
);
const reasons = ['full', 'displaced'] as const;
const known: Record<ShedReason, number> = { full: 0, displaced: 0 };

/**
 * Takes over the figures of the server, which stands in front of the application and has no part in
 * its metrics.
 */
export function recordLoad(load: Load): void {
  requests.set({ state: 'active' }, load.active);
  requests.set({ state: 'waiting' }, load.waiting);
  for (const reason of reasons) {
    shed.inc({ reason }, load.shed[reason] - known[reason]);
    known[reason] = load.shed[reason];
  }
}
