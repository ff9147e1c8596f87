import { describe, expect, it } from 'vitest';
import { capacityTables } from '../../bench/capacity/tables.ts';
import { fairnessTable } from '../../bench/fairness/table.ts';
import { median, ms, ratioOf, times, verdict, whole } from '../../bench/kit/figures.ts';
import type { Table } from '../../bench/kit/report.ts';
import { listColumns } from '../../bench/kit/scale.ts';
import { leadTable } from '../../bench/leads/table.ts';
import { limitTable } from '../../bench/limits/table.ts';
import { mappingTable } from '../../bench/mapping/table.ts';
import { pageTables } from '../../bench/pages/tables.ts';
import { replayTable } from '../../bench/replay/table.ts';
import { rivalTables } from '../../bench/rival/tables.ts';
import { scaleTables } from '../../bench/scale/tables.ts';
import { growthTable, memoryTable, weightTable } from '../../bench/sizes/tables.ts';
import { syncTables } from '../../bench/sync/tables.ts';
import { workerTable } from '../../bench/workers/table.ts';

const missing = Number.NaN;
const route = { label: 'dashboard', rollup: true, paths: [] };

describe('a figure', () => {
  it('that was not run says so', () => {
    expect(median([])).toBeNaN();
    expect(ratioOf([], [1])).toBeNaN();
    expect([ms(missing), times(4 / 0), whole(0 / 0)]).toEqual(['not run', 'not run', 'not run']);
    expect([ms(2), times(0), whole(0)]).toEqual(['2.00 ms', '0.00 x', '0']);
  });

  it('meets or misses its goal only when it was run', () => {
    expect(verdict({ figure: 1, atMost: 1 }, { figure: 4, atLeast: 4 })).toBe('met');
    expect(verdict({ figure: 2, atMost: 1, name: 'flat' })).toBe('missed: flat');
    expect(verdict({ figure: missing, atMost: 1 })).toBe('not run');
    expect(verdict({ figure: missing, atLeast: 1 })).toBe('not run');
    expect(
      verdict({ figure: missing, atMost: 1, name: 'flat' }, { figure: 9, atMost: 5, name: 'bare' }),
    ).toBe('missed: bare; not run: flat');
  });
});

describe('the sizes of a table', () => {
  it('are the published ones, also when some were left out', () => {
    expect(listColumns([1_000], [1_000, 1_000_000])).toEqual([1_000, 1_000_000]);
    expect(listColumns([1_000, 20_000], [1_000, 1_000_000])).toEqual([1_000, 20_000]);
  });

  it('that were left out are not run in the tables of the pages', () => {
    const demand = { statements: 9, queries: 5, rowsRead: 4, blocks: 3 };
    const [time, asked] = pageTables(
      [1_000],
      [route],
      { bare: [1], healthz: [1], pages: [[[4, 4]]] },
      [[demand]],
    );
    expect(byHead(time, 0)).toEqual({
      page: 'dashboard',
      '1,000,000 : 1,000 leads': 'not run',
      '1,000,000 leads : bare page': 'not run',
      '1,000': '4.00 ms',
      '100,000': 'not run',
      '1,000,000': 'not run',
      goal: 'not run: flat, bare',
    });
    expect(byHead(asked, 0)['statements']).toBe('9 / not run / not run');
  });

  it('that were left out are not run in the table of lists', () => {
    expect(leadTable([1_000], [route], [[[4]]]).rows).toEqual([
      ['dashboard', 'not run', '4.00 ms', 'not run', 'not run'],
    ]);
  });

  it('that were run have figures and a verdict', () => {
    expect(leadTable([1_000, 50_000], [route], [[[4], [5]]]).rows).toEqual([
      ['dashboard', '1.25 x', '4.00 ms', '5.00 ms', 'missed'],
    ]);
  });
});

describe('the sides of rival', () => {
  const reading = (ms: number) => ({ ms, nodeMs: ms, serverMs: ms, walBytes: 100 });

  it('are compared within a turn, and missed goals say so', () => {
    const [goals, costs] = rivalTables(
      [
        {
          latencyMs: 0,
          customers: 1_000,
          readings: {
            ours: [reading(100), reading(200)],
            supabase: [reading(400), reading(800)],
            byHand: [reading(50), reading(100)],
          },
        },
      ],
      [],
      [],
    );
    const judged = goals?.rows.map(([latency, , is, , , goal]) => [latency, is, goal]);
    expect(judged).toEqual([
      ['0 ms', '4.00 x', 'met'],
      ['0 ms', 'not run', '-'],
      ['0 ms', '2.00 x', 'missed'],
      ['50 ms', 'not run', '-'],
      ['50 ms', 'not run', '-'],
      ['50 ms', 'not run', 'not run'],
      ['50 ms', 'not run', 'not run'],
    ]);
    expect(byHead(costs, 0)).toMatchObject({
      side: 'ours',
      'records/s': '6,667',
      'CPU/record': '300 µs',
      'WAL/record': '0 B',
    });
    expect(byHead(costs, 2)).toMatchObject({ takes: 'not run', 'CPU/record': 'not run' });
  });
});

describe('a case that was not run', () => {
  it('has no figure and no verdict in any table', () => {
    const nothing = { ms: missing, requests: { all: missing, pages: missing, refused: missing } };
    const cost = { count: missing, nodeMs: missing, serverMs: missing };
    const memory = { idle: missing, loaded: missing };
    const series = {
      label: 'lists',
      latency: 0,
      rows: missing,
      pages: missing,
      fetch: [],
      sync: [],
      copy: [],
      resync: [],
      writtenAgain: missing,
    };
    const tables = [
      ...syncTables([series], [{ label: 'lists', first: 1 / 0, again: missing }]),
      ...rivalTables([], [], []),
      fairnessTable([{ beside: 'nobody', waits: [], counts: true }]),
      workerTable([]),
      limitTable([nothing]),
      mappingTable({ schema: [], byHand: [], records: missing }),
      replayTable([{ label: 'all', replay: [], fetch: { 0: [], 50: [] }, records: missing }]),
      weightTable(new Map()),
      ...capacityTables({
        pages: cost,
        firstSyncs: cost,
        hourlySyncs: cost,
        records: cost,
        memory: { web: memory, worker: memory },
        disk: {
          rows: missing,
          indexes: missing,
          search: missing,
          responses: missing,
          others: missing,
        },
      }),
      ...scaleTables(
        [
          {
            what: 'tick',
            ms: missing,
            found: missing,
            everyMs: 1_000,
            nodeMs: missing,
            serverMs: missing,
          },
        ],
        [],
        [],
      ),
      growthTable({ samples: [], idle: missing, ms: missing }),
      memoryTable(memory, memory),
    ];
    for (const table of tables) {
      expect(table.rows.length).toBeGreaterThan(0);
      const cells = table.rows.flat();
      expect(cells.filter((cell) => /met|missed|NaN|Infinity|undefined/.test(cell))).toEqual([]);
      expect(cells.some((cell) => cell.startsWith('not run'))).toBe(true);
    }
  });

  it('does not hide those that were', () => {
    const waves = [{ workers: 1, ms: 1_000, syncs: 4, pages: 8 }];
    expect(workerTable(waves).rows[0]).toEqual(['1', '1.00 x', '-', '1.0 s', '4', '8', '8.0', '-']);
    expect(workerTable(waves).rows[1]?.at(-1)).toBe('not run');
    const endless = { beside: 'a giant', waits: [Number.POSITIVE_INFINITY], counts: true };
    const alone = { beside: 'nobody', waits: [1_000], counts: false };
    expect(fairnessTable([alone, endless]).rows[1]).toEqual([
      'a giant',
      'over 90.00 x',
      'over 90 s',
      'over 90 s',
      '1',
      'missed',
    ]);
  });
});

/** A row of a table by the titles of its columns. */
function byHead(table: Table | undefined, row: number): Record<string, string> {
  return Object.fromEntries(
    (table?.head ?? []).map((title, column) => [title, table?.rows[row]?.[column] ?? '']),
  );
}
