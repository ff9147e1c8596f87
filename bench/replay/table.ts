import { median, rate, ratioOf, times, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';

/** Milliseconds of each repetition of bringing a connection's rows up to date. */
export interface Series {
  label: string;
  replay: number[];
  /** Asking the source again, by its latency. */
  fetch: Record<0 | 50, number[]>;
  records: number;
}

export function replayTable(found: readonly Series[]): Table {
  const rows = found.map(({ label, replay: took, fetch, records }) => {
    return [
      label,
      times(ratioOf(fetch[0], took)),
      times(ratioOf(fetch[50], took)),
      whole(records),
      rate(records, median(took)),
      rate(records, median(fetch[0])),
      rate(records, median(fetch[50])),
    ];
  });
  return {
    title: 'Replay of stored responses, against asking the source again',
    head: [
      'what',
      'replay : fetching at 0 ms',
      ': fetching at 50 ms',
      'records',
      'replay, records/s',
      'fetching at 0 ms',
      'at 50 ms',
    ],
    rows,
    notes: [
      'Ratios are of records per second, within a repetition. Replay reads the newest response ' +
        'of each record from PostgreSQL, translates it with the mapping of today, and writes ' +
        'the rows that differ; it asks nobody. Fetching is a sync of the same three lists.',
      '"Every row changes" sets the digest of all rows to another one ' +
        'beforehand, so that each is written again.',
    ],
  };
}
