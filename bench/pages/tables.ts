import { median, ms, times as ratio, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { listColumns } from '../kit/scale.ts';
import type { Demand } from '../kit/server-log.ts';
import type { Times } from './measure.ts';
import type { Route } from './routes.ts';

const goals = { flat: 1.2, bare: 4 };
/** Leads of the measured workspace in the published figures. */
export const publishedSizes: readonly number[] = [1_000, 100_000, 1_000_000];

/** Ratios first, then what they were made of. Sizes are the leads of each site, in its order. */
export function pageTables(
  sizes: readonly number[],
  routes: readonly Route[],
  times: Times,
  demands: readonly Demand[][],
): Table[] {
  return [timeTable(sizes, routes, times), demandTable(sizes, routes, demands)];
}

function timeTable(sizes: readonly number[], routes: readonly Route[], times: Times): Table {
  const columns = listColumns(sizes, publishedSizes);
  const [smallest = 0, largest = smallest] = [columns[0], columns.at(-1)];
  const bare = median(times.bare);
  const rows = routes.map((route, index) => {
    const took = (size: number) => median(times.pages[index]?.[sizes.indexOf(size)] ?? []);
    const flat = { name: 'flat', figure: took(largest) / took(smallest), atMost: goals.flat };
    const toBare = { name: 'bare', figure: took(largest) / bare, atMost: goals.bare };
    return [
      route.label,
      ratio(flat.figure),
      ratio(toBare.figure),
      ...columns.map((size) => ms(took(size))),
      verdict(flat, ...(route.rollup ? [toBare] : [])),
    ];
  });
  return {
    title: 'Server time of each page',
    head: [
      'page',
      `${whole(largest)} : ${whole(smallest)} leads`,
      `${whole(largest)} leads : bare page`,
      ...columns.map(whole),
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
      'Page 100 of the table is its last page where it is shorter.',
    ],
  };
}

function demandTable(
  sizes: readonly number[],
  routes: readonly Route[],
  demands: readonly Demand[][],
): Table {
  const columns = listColumns(sizes, publishedSizes);
  const each = (index: number, field: keyof Demand) =>
    columns
      .map((size) => whole(demands[index]?.[sizes.indexOf(size)]?.[field] ?? Number.NaN))
      .join(' / ');
  return {
    title: `What each page asks of the database, at ${columns.map(whole).join(' / ')} leads`,
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
