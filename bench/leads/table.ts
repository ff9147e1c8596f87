import { median, ms, times as ratio, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { listColumns } from '../kit/scale.ts';
import type { Route } from '../pages/routes.ts';

const goal = 1.2;
/** Leads of the measured workspace in the published figures. */
export const publishedSizes: readonly number[] = [1_000, 1_000_000];

/** Milliseconds of each request by route, then by size in the order of `sizes`. */
export function leadTable(
  sizes: readonly number[],
  routes: readonly Route[],
  pages: readonly number[][][],
): Table {
  const columns = listColumns(sizes, publishedSizes);
  const [few = 0, many = few] = [columns[0], columns.at(-1)];
  const rows = routes.map(({ label }, index) => {
    const took = (size: number) => median(pages[index]?.[sizes.indexOf(size)] ?? []);
    const flat = took(many) / took(few);
    return [
      label,
      ratio(flat),
      ...columns.map((size) => ms(took(size))),
      verdict({ figure: flat, atMost: goal }),
    ];
  });
  return {
    title: 'The lead table',
    head: ['list', `${whole(many)} : ${whole(few)} leads`, ...columns.map(whole), 'goal'],
    rows,
    notes: [
      `Goal: the page with the first rows of the list takes at most ${goal} times as ` +
        'long. Each size is a database of its own with 100 tenants, and a web process of ' +
        'its own; every round asks for every list of both sizes once. Medians of the warm ' +
        'rounds, from the request to the last byte.',
      'Rows are filtered, sorted, searched and counted under ' +
        'row-level security, as the application sees them.',
    ],
  };
}
