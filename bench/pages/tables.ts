import { median, ms, times as ratio, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import type { Demand } from '../kit/server-log.ts';
import type { Times } from './measure.ts';
import type { Route } from './routes.ts';

const goals = { flat: 1.2, bare: 5 };

/** Ratios first, then what they were made of. */
export function pageTables(
  routes: readonly Route[],
  times: Times,
  demands: readonly Demand[][],
): Table[] {
  return [timeTable(routes, times), demandTable(routes, demands)];
}

function timeTable(routes: readonly Route[], times: Times): Table {
  const bare = median(times.bare);
  const rows = routes.map((route, index) => {
    const [small = 0, middle = 0, large = 0] = (times.pages[index] ?? []).map(median);
    const flat = large / small;
    const toBare = large / bare;
    const missed = [
      ...(flat > goals.flat ? ['flat'] : []),
      ...(route.rollup && toBare > goals.bare ? ['bare'] : []),
    ];
    return [
      route.label,
      ratio(flat),
      ratio(toBare),
      ms(small),
      ms(middle),
      ms(large),
      missed.length === 0 ? 'met' : `missed: ${missed.join(', ')}`,
    ];
  });
  return {
    title: 'Server time of each page',
    head: [
      'page',
      '1,000,000 : 1,000 leads',
      '1,000,000 leads : bare page',
      '1,000',
      '100,000',
      '1,000,000',
      'goal',
    ],
    rows,
    notes: [
      `Goals: "flat" is at most ${goals.flat} times from smallest to largest; "bare" is at ` +
        `most ${goals.bare} times the bare page, for pages that read rollups.`,
      'The bare page is an Astro page of five lines (bench/pages/bare), built and served as ' +
        `ours are, in a process of its own: median ${ms(bare)}. \`/healthz\` of the web ` +
        'process, which goes through our middleware and reads nothing: ' +
        `${ms(median(times.healthz))}.`,
      'Each size is a database of its own with 100 tenants, 99 of them with 200 leads, and a ' +
        'web process of its own. Every round asks for every page of every size once and for ' +
        'the bare page as often; the figures are medians of the warm rounds, over one ' +
        'kept-alive connection with gzip, from the request to the last byte.',
    ],
  };
}

function demandTable(routes: readonly Route[], demands: readonly Demand[][]): Table {
  const each = (index: number, field: keyof Demand) =>
    (demands[index] ?? []).map((demand) => whole(demand[field])).join(' / ');
  return {
    title: 'What each page asks of the database, at 1,000 / 100,000 / 1,000,000 leads',
    head: ['page', 'statements', 'of these queries', 'rows read', '8 kB blocks touched'],
    rows: routes.map((route, index) => [
      route.label,
      each(index, 'statements'),
      each(index, 'queries'),
      each(index, 'rowsRead'),
      each(index, 'blocks'),
    ]),
    notes: [
      'Statements count everything that is sent and waited for, with BEGIN, SET and ' +
        'COMMIT; rows read are those that scans looked at, from auto_explain.',
    ],
  };
}
