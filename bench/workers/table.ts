import { decimals, seconds, times, verdict, whole } from '../kit/figures.ts';
import type { Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';

export const latencyMs = 1000;
export const tenants = scaled(16);
export const connectionsEach = 2;

/** Workers, and the throughput that they must reach as a multiple of one worker's. */
export const fleets = [
  { workers: 1, goal: 1 },
  { workers: 2, goal: 1.8 },
  { workers: 4, goal: 3.2 },
];

export interface Wave {
  workers: number;
  /** From due to the last sync's end. */
  ms: number;
  syncs: number;
  pages: number;
}

export function workerTable(waves: readonly Wave[]): Table {
  const one = waves.find(({ workers }) => workers === 1)?.ms ?? Number.NaN;
  const rows = fleets.map(({ workers, goal }) => {
    const wave = waves.find((each) => each.workers === workers);
    const [took, pages] = [wave?.ms ?? Number.NaN, wave?.pages ?? Number.NaN];
    return [
      String(workers),
      times(one / took),
      workers === 1 ? '-' : times(goal),
      seconds(took),
      whole(wave?.syncs ?? Number.NaN),
      whole(pages),
      decimals((pages / took) * 1000, 1),
      workers === 1 ? '-' : verdict({ figure: one / took, atLeast: goal }),
    ];
  });
  return {
    title: 'Throughput of 1, 2 and 4 workers',
    head: [
      'workers',
      'throughput : one worker',
      'at least',
      'from due to the last done',
      'syncs',
      'pages',
      'pages/s',
      'goal',
    ],
    rows,
    notes: [
      'Real worker processes on the real queue, with default settings ' +
        `(SYNC_CONCURRENCY 4, SYNC_TENANT_CONCURRENCY 2): ${tenants} tenants with ` +
        `${connectionsEach} connections each fall due at one moment. Each is a first ` +
        'sync of all six streams of a small ClientTether account.',
      `The sandbox answers each request after ${latencyMs} ms, so that what is ` +
        'measured is how well workers share the waiting, not how fast the machine ' +
        'is: all workers, PostgreSQL and the sandbox share it.',
    ],
  };
}
