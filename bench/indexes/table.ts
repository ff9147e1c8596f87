import { bytes, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { indexReaders } from './readers.ts';

/** Leads of the workspace, and customers that were synced beside them. */
export const leads = scaled(100_000);
export const customers = scaled(10_000);

/** Fewer rows tell nothing: each relation takes whole blocks of 8 kB. */
const fewestRows = 100;

/** What a table takes on disk. */
export interface Size {
  table: string;
  rows: number;
  /** Of the table itself with its long values. */
  bytes: number;
  indexes: Record<string, number>;
}

export function indexTable(sizes: readonly Size[]): Table {
  const rows = Object.entries(indexReaders).flatMap(([table, readers]) => {
    const size = sizes.find((each) => each.table === table);
    const count = (size?.rows ?? 0) < fewestRows ? Number.NaN : (size?.rows ?? 0);
    const perRow = (total = Number.NaN) => bytes(total / count);
    return [
      [table, 'the rows', perRow(size?.bytes), '-'],
      ...Object.entries(readers).map(([index, reader]) => [
        table,
        index.replace(`${table}_`, ''),
        perRow(size?.indexes[index]),
        reader,
      ]),
    ];
  });
  return {
    title: 'What each index takes for each row of its table, and what reads it',
    head: ['table', 'index', 'per row', 'read by'],
    rows,
    notes: [
      `A workspace of ${whole(leads)} leads with what goes with them, written with all indexes in ` +
        `place, and ${whole(customers)} leads out of ${whole(customers / 100)} synced pages for ` +
        'raw_snapshots and raw_bodies, whose rows are pages. Long values (TOAST) count as the ' +
        'table. An index of some rows only is divided by all rows.',
      `Tables of which this run has fewer than ${fewestRows} rows say so.`,
    ],
  };
}
