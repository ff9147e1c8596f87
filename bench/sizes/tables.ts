import { listBudgets } from '../../scripts/budgets/site.ts';
import type { Weight } from '../../scripts/budgets/weigh.ts';
import { kilobytes, mebibytes } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { measured } from '../pages/load.ts';

export const leads = 20_000;
export const requests = 1_000;
export const visitors = 8;

export function weightTable(weights: ReadonlyMap<string, Weight>): Table {
  const rows = Object.entries(listBudgets(measured.slug)).map(([path, budget]) => {
    const part = (name: keyof Weight) =>
      `${kilobytes(weights.get(path)?.[name] ?? Number.NaN)} of ${budget[name]}`;
    return [
      path.replace(`/w/${measured.slug}`, ''),
      part('js'),
      part('css'),
      part('html'),
      part('later'),
    ];
  });
  return {
    title: 'What a page weighs in the browser, gzipped, and its budget',
    head: ['page', 'JS', 'CSS', 'HTML', 'JS fetched on demand'],
    rows,
    notes: [
      'Kilobytes of 1,000 bytes. On demand is the chart library, which is fetched when ' +
        'somebody reaches for a chart. JS and CSS are cached for good after the first page.',
    ],
  };
}

interface Memory {
  idle: number;
  loaded: number;
}

export function memoryTable(web: Memory, worker: Memory): Table {
  const row = (name: string, { idle, loaded }: Memory) => [
    name,
    mebibytes(idle),
    mebibytes(loaded),
  ];
  return {
    title: 'Resident memory',
    head: ['process', 'idle', 'after the load'],
    rows: [row('web', web), row('worker', worker)],
    notes: [
      `The load of web: ${requests} pages of a workspace with ` +
        `${leads.toLocaleString('en-US')} leads, ${visitors} at a time. The load of worker: ` +
        'one first sync of 1,000 clients with opportunities, 5,000 notes and activities.',
      'Both run from TypeScript, whose types Node strips as it loads: that share is included.',
    ],
  };
}
