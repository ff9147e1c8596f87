import { median, ms, times, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';

/** Milliseconds of each repetition of one case. */
export interface Series {
  label: string;
  latency: number;
  /** Entity rows that the sync stores. */
  rows: number;
  pages: number;
  fetch: number[];
  sync: number[];
  copy: number[];
  resync: number[];
  /** Rows of entities and rollups that all re-syncs wrote; should be none. */
  writtenAgain: number;
}

/** Statements for each page. */
export interface StatementCounts {
  label: string;
  first: number;
  again: number;
}

const goal = 1.5;

export function syncTables(series: readonly Series[], counts: readonly StatementCounts[]): Table[] {
  return [ratioTable(series), rateTable(series), countTable(counts)];
}

/** Ratios are taken within each repetition, then their median. */
function ratios(each: Series, of: 'sync' | 'resync', to: (n: number) => number): number {
  return median(each[of].map((value, n) => value / to(n)));
}

function ratioTable(series: readonly Series[]): Table {
  const rows = series.map((each) => {
    const [fetch, copy] = [(n: number) => each.fetch[n] ?? 0, (n: number) => each.copy[n] ?? 0];
    const bound = ratios(each, 'sync', (n) => Math.max(fetch(n), copy(n)));
    const again = ratios(each, 'resync', fetch);
    return [
      each.label,
      `${each.latency} ms`,
      times(bound),
      times(ratios(each, 'sync', fetch)),
      times(ratios(each, 'sync', copy)),
      times(again),
      whole(each.writtenAgain),
      bound <= goal && each.writtenAgain === 0 ? 'met' : 'missed',
    ];
  });
  return {
    title: 'Sync, against what bounds it',
    head: [
      'what',
      'latency',
      'first sync : max(a, b)',
      ': (a) only fetching',
      ': (b) COPY',
      're-sync : (a)',
      'rows that re-syncs wrote',
      'goal',
    ],
    rows,
    notes: [
      `Goal: the first sync takes at most ${goal} times the longer of (a) and (b); a ` +
        're-sync of unchanged data writes no row of an entity or a rollup.',
      '(a) asks the sandbox for the same pages with the same client and drops them. ' +
        '(b) is COPY of the finished rows, raw JSON and all columns, from a file on the ' +
        'server into an empty table with the same indexes.',
      'The sandbox is a process of its own on loopback; sync, PostgreSQL ' +
        '(default durability) and sandbox share the machine. Repetitions ' +
        'take turns; ratios are within a repetition.',
    ],
  };
}

function rateTable(series: readonly Series[]): Table {
  const rate = (each: Series, values: number[]) => whole((each.rows / median(values)) * 1000);
  return {
    title: 'Records per second',
    head: [
      'what',
      'latency',
      'records',
      'pages',
      'only fetching',
      'first sync',
      're-sync',
      'COPY',
      'first sync takes',
    ],
    rows: series.map((each) => [
      each.label,
      `${each.latency} ms`,
      whole(each.rows),
      whole(each.pages),
      rate(each, each.fetch),
      rate(each, each.sync),
      rate(each, each.resync),
      rate(each, each.copy),
      ms(median(each.sync)),
    ]),
    notes: [
      'Records are entity rows. Each page also stores the raw response, its ' +
        'counters, its cursor and the rollups, in the same transaction.',
    ],
  };
}

function countTable(counts: readonly StatementCounts[]): Table {
  return {
    title: 'Statements for each page',
    head: ['what', 'first sync', 're-sync'],
    rows: counts.map(({ label, first, again }) => [label, first.toFixed(1), again.toFixed(1)]),
    notes: ['All statements of a run, with BEGIN, SET and COMMIT, divided by its pages.'],
  };
}
