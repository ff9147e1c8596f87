import {
  mebibytes,
  median,
  quantile,
  rate,
  ratioOf,
  times,
  verdict,
  whole,
} from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';

/** Leads of each workspace that is exported. */
export const sizes = [scaled(100_000), scaled(1_000_000)];
/** How a workspace is read. They take turns, in this order. */
export const ways = ['copy', 'csv', 'xlsx'] as const;
export type Way = (typeof ways)[number];
export const repetitions = 3;

const goal = 2;
const flat = 1.2;
const labels: Record<Way, string> = { copy: 'COPY', csv: 'CSV', xlsx: 'XLSX' };

/** What was measured of one file. */
export interface Exported {
  ms: number;
  bytes: number;
  /** Resident bytes at the peak, and before the export began. */
  peak: number;
  idle: number;
}

/** What was measured of a workspace: a series for each way, whose places belong together. */
export interface Measured {
  leads: number;
  series: Record<Way, readonly Exported[]>;
}

export function exportTable(found: readonly Measured[]): Table {
  const peakOf = (series: readonly Exported[] | undefined) =>
    quantile(
      (series ?? []).map(({ peak }) => peak),
      1,
    );
  const rows = ways.flatMap((way) =>
    found.map(({ leads, series }) => {
      const took = series[way].map(({ ms }) => ms);
      const ratio = ratioOf(
        took,
        series.copy.map(({ ms }) => ms),
      );
      const peak = peakOf(series[way]);
      const growth = peak / peakOf(found[0]?.series[way]);
      return [
        labels[way],
        whole(leads),
        rate(leads, median(took)),
        way === 'copy' ? '-' : times(ratio),
        mebibytes(median(series[way].map(({ bytes }) => bytes))),
        mebibytes(peak),
        times(growth),
        way === 'copy' ? '-' : verdict(...goals(way, ratio, growth)),
      ];
    }),
  );
  return {
    title: 'All leads of a workspace as a file',
    head: [
      'file',
      'leads',
      'rows per second',
      'time : COPY',
      'size',
      'peak memory',
      'peak : smallest',
      'goal',
    ],
    rows,
    notes: [
      `Goals: a CSV takes at most ${goal} times as long as COPY, and either file takes the same ` +
        `memory for any number of leads, at most ${flat} times that of the smallest workspace.`,
      'COPY writes the same columns in the same order to the same process, with the rights and ' +
        'under the row-level security of the web. It neither guards formulas nor writes times in ' +
        'the zone of the workspace.',
      'Two thirds of what the process computes for a CSV is reading: the driver and the query ' +
        'builder make objects of the rows, which COPY does not need. The next lever is to map ' +
        'rows to cells without either.',
      `Each file is made by a new process, of which the memory is the highest that the system ` +
        `saw; the three ways take turns, ${repetitions} times. Whoever reads takes bytes as ` +
        'fast as they come.',
    ],
  };
}

const goals = (way: Way, ratio: number, growth: number) => [
  ...(way === 'csv' ? [{ name: 'time', figure: ratio, atMost: goal }] : []),
  { name: 'memory', figure: growth, atMost: flat },
];
