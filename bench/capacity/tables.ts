import { bytes, decimals, mebibytes, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';

/** Leads of the connection that is synced, and of the workspace whose pages are asked for. */
export const syncedLeads = scaled(200_000);
export const pageLeads = scaled(100_000);
/** Tenants with one small connection each. */
export const smallTenants = scaled(200);
export const visitors = 8;
export const pagesMs = 20_000;

/** Processor time of a piece of work in milliseconds, and how often it was done. */
export interface Cost {
  count: number;
  nodeMs: number;
  serverMs: number;
}

export interface Capacity {
  pages: Cost;
  firstSyncs: Cost;
  hourlySyncs: Cost;
  /** Records of one large connection. */
  records: Cost;
  /** Resident bytes. */
  memory: Record<'web' | 'worker', { idle: number; loaded: number }>;
  /** Bytes on disk after the sync of the large connection. */
  disk: Record<'rows' | 'indexes' | 'search' | 'responses' | 'others', number>;
}

export function capacityTables(found: Capacity): Table[] {
  return [coreTable(found), memoryTable(found), diskTable(found)];
}

function coreTable({ pages, firstSyncs, hourlySyncs, records }: Capacity): Table {
  const row = (what: string, { count, nodeMs, serverMs }: Cost, per: 'second' | 'hour') => {
    const each = (nodeMs + serverMs) / count;
    const milliseconds = (value: number) =>
      Number.isFinite(value) ? `${decimals(value, 2)} ms` : whole(value);
    return [
      what,
      milliseconds(each),
      milliseconds(nodeMs / count),
      milliseconds(serverMs / count),
      `${whole((per === 'hour' ? 3_600_000 : 1000) / each)} per ${per}`,
    ];
  };
  return {
    title: 'What one core carries',
    head: ['what', 'CPU of each', 'of it node', 'PostgreSQL', 'one core, busy all the time'],
    rows: [
      row('pages: dashboard and lead table, in turn', pages, 'second'),
      row('hourly syncs of a small connection, nothing new', hourlySyncs, 'hour'),
      row('first syncs of a small connection', firstSyncs, 'hour'),
      row('records of a large first sync', records, 'second'),
    ],
    notes: [
      'CPU is user and system time of the process and of all of PostgreSQL meanwhile. The last ' +
        'column divides the time of one core by it: plan with half of that.',
      `Pages: ${visitors} people at once in a workspace of ${whole(pageLeads)} leads. Small ` +
        `connections: ${whole(smallTenants)} tenants with one ClientTether account of 8 clients ` +
        'each (13 pages), on one worker with SYNC_CONCURRENCY 16. Hourly syncs per hour is how ' +
        'many tenants with one such connection a core keeps fresh. Large: one connection of ' +
        `${whole(syncedLeads)} leads.`,
    ],
  };
}

function memoryTable({ memory }: Capacity): Table {
  const { web, worker } = memory;
  return {
    title: 'Resident memory',
    head: ['process', 'idle', 'after the load'],
    rows: [
      ['web', mebibytes(web.idle), mebibytes(web.loaded)],
      ['worker, SYNC_CONCURRENCY 16', mebibytes(worker.idle), mebibytes(worker.loaded)],
    ],
    notes: ['The loads are those of the table above.'],
  };
}

function diskTable({ disk }: Capacity): Table {
  const total = Object.values(disk).reduce((sum, part) => sum + part, 0);
  const row = (what: string, size: number) => [
    what,
    bytes(size / syncedLeads),
    mebibytes((size / syncedLeads) * 1_000_000),
  ];
  return {
    title: 'Disk for each lead',
    head: ['what', 'per lead', 'a million leads'],
    rows: [
      row('rows of leads, with the raw item', disk.rows),
      row('indexes of leads', disk.indexes),
      row('search', disk.search),
      row('raw responses, compressed', disk.responses),
      row('everything else: sums, domains, runs', disk.others),
      row('all', total),
    ],
    notes: [
      `After the first sync of ${whole(syncedLeads)} leads of about a kilobyte of JSON each, ` +
        'vacuumed, without the write-ahead log. Each response that differs from the one before ' +
        'is kept until retention deletes it. docs/benchmarks.md has each index.',
    ],
  };
}
