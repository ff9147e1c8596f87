import { median, quantile, seconds, times, verdict } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';

export const latencyMs = 50;
const maxTimes = 2;
/** Longer than this nobody waits for the last figure. */
export const patienceSeconds = 90;

/**
 * What a small tenant has beside it while it waits, and its waits from due to done in milliseconds.
 */
export interface Situation {
  beside: string;
  waits: number[];
  /** Whether the goal is about it. */
  counts: boolean;
}

export function fairnessTable(situations: readonly Situation[]): Table {
  const alone = median(situations[0]?.waits ?? []);
  const waited = (wait: number) =>
    wait === Number.POSITIVE_INFINITY ? `over ${patienceSeconds} s` : seconds(wait);
  const rows = situations.map(({ beside, waits, counts }) => {
    const ratio = median(waits) / alone;
    return [
      beside,
      ratio === Number.POSITIVE_INFINITY
        ? `over ${times((patienceSeconds * 1000) / alone)}`
        : times(ratio),
      waited(median(waits)),
      waited(quantile(waits, 1)),
      String(waits.length),
      counts ? judge(ratio) : '-',
    ];
  });
  return {
    title: 'What a small tenant waits for its sync, from due to done',
    head: ['beside', 'wait : alone', 'median', 'longest', 'syncs', 'goal'],
    rows,
    notes: [
      `Goal: at most ${maxTimes} times. One worker with default settings: SYNC_CONCURRENCY ` +
        '4, SYNC_TENANT_CONCURRENCY 2, SYNC_SLICE_SECONDS 60. Each sample is the first sync of ' +
        "a new tenant with 50 clients; each of the giant's syncs is one of 20,000 clients, " +
        'which takes minutes, and was in the queue before.',
      `The sandbox answers after ${latencyMs} ms. The giant also takes processor time from ` +
        'the small one: it, the worker, PostgreSQL and the sandbox share the machine.',
      'With two giants every place is taken, and the small tenant waits at least ' +
        'until a slice is over, a minute at most; no goal says otherwise.',
    ],
  };
}

/** A wait without an end misses the goal; one that was not measured is no wait. */
function judge(ratio: number): string {
  return ratio === Number.POSITIVE_INFINITY
    ? 'missed'
    : verdict({ figure: ratio, atMost: maxTimes });
}
