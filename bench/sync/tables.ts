import { decimals, median, ms, rate, ratioOf, times, verdict, whole } from '../kit/figures.ts';
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
  /** Rows of entities and rollups that all re-syncs wrote; should be none. NaN before the first. */
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

function ratioTable(series: readonly Series[]): Table {
  const rows = series.map((each) => {
    const longer = each.fetch.map((fetch, n) => Math.max(fetch, each.copy[n] ?? Number.NaN));
    const bound = ratioOf(each.sync, longer);
    return [
      each.label,
      `${each.latency} ms`,
      times(bound),
      times(ratioOf(each.sync, each.fetch)),
      times(ratioOf(each.sync, each.copy)),
      times(ratioOf(each.resync, each.fetch)),
      whole(each.writtenAgain),
      verdict({ figure: bound, atMost: goal }, { figure: each.writtenAgain, atMost: 0 }),
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
  const speed = (each: Series, values: number[]) => rate(each.rows, median(values));
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
      speed(each, each.fetch),
      speed(each, each.sync),
      speed(each, each.resync),
      speed(each, each.copy),
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
    rows: counts.map(({ label, first, again }) => [label, decimals(first, 1), decimals(again, 1)]),
    notes: ['All statements of a run, with BEGIN, SET and COMMIT, divided by its pages.'],
  };
}
