import { rate, seconds, times, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';

/** One first sync of a connection. */
export interface Load {
  label: string;
  /** Milliseconds that each request took more. */
  latency: number;
  rows: number;
  ms: number;
  requests: number;
}

export function firstLoadTable(loads: readonly Load[]): Table {
  return {
    title: 'First load of a large object of Salesforce',
    head: ['how', 'latency', ': first way', 'rows', 'took', 'rows/s', 'requests'],
    rows: loads.map(({ label, latency, rows, ms, requests }) => {
      const first = loads.find((load) => load.latency === latency)?.ms ?? Number.NaN;
      return [
        label,
        `${latency} ms`,
        times(first / ms),
        whole(rows),
        seconds(ms),
        rate(rows, ms),
        whole(requests),
      ];
    }),
    notes: [
      'The first sync of a connection, from the request for a token to the last row. Only leads ' +
        'have rows; the requests for the other eight streams are counted as well.',
      'The sandbox prepares a job at once, so the wait for a job is not in these figures.',
    ],
  };
}
