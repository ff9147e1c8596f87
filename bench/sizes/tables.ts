import { listBudgets } from '../../scripts/budgets/site.ts';
import type { Weight } from '../../scripts/budgets/weigh.ts';
import { kilobytes, mebibytes, quantile, seconds, times, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { measured } from '../pages/load.ts';

export const leads = 20_000;
export const requests = 1_000;
/** Leads of the connection whose sync is watched. */
export const growingLeads = scaled(1_000_000);
const flat = 1.2;
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

/** Resident bytes of a sync at even times, before it began, and how long it took. */
export function growthTable(growth: {
  samples: readonly number[];
  idle: number;
  ms: number;
}): Table {
  const { samples, idle, ms } = growth;
  const quarters = [0, 1, 2, 3].map((quarter) => {
    const cut = (share: number) => Math.round((samples.length * share) / 4);
    return quantile(samples.slice(cut(quarter), cut(quarter + 1)), 1);
  });
  const [first = Number.NaN, last = first] = [quarters[0], quarters.at(-1)];
  return {
    title: `Resident memory while a connection of ${whole(growingLeads)} leads is synced`,
    head: [
      'before',
      ...['first', 'second', 'third', 'last'].map((name) => `peak of the ${name} quarter`),
      'last : first',
      'takes',
      'goal',
    ],
    rows: [
      [
        mebibytes(idle),
        ...quarters.map(mebibytes),
        times(last / first),
        seconds(ms),
        verdict({ figure: last / first, atMost: flat }),
      ],
    ],
    notes: [
      `Goal: flat, at most ${flat} times from the first to the last quarter of the time. A first ` +
        'sync of the imitated Stripe account of rival, without latency, in a process that does ' +
        'what a worker does and nothing else; sampled four times a second.',
    ],
  };
}
