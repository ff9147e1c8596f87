import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import type { Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import {
  createMembers,
  makeDue,
  startWorkers,
  stopWorkers,
  waitUntilDone,
  type Member,
} from '../kit/fleet.ts';
import { times, whole } from '../kit/figures.ts';
import type { Part, Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';

const account = 'lists-8';
const latencyMs = 1000;
const tenants = scaled(16);
const connectionsEach = 2;

/** Workers, and the throughput that they must reach as a multiple of one worker's. */
const fleets = [
  { workers: 1, goal: 1 },
  { workers: 2, goal: 1.8 },
  { workers: 4, goal: 3.2 },
];

interface Wave {
  workers: number;
  goal: number;
  /** From due to the last sync's end. */
  ms: number;
  syncs: number;
  pages: number;
}

/** Throughput of several workers on sources that let them wait. */
export async function benchWorkers(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const sandboxPart = startPart('sandbox', 'bench/sync/sandbox.ts', { BENCH_ACCOUNTS: account });
  try {
    const sandbox = (await whenReady(sandboxPart)) as SandboxReady;
    await setLatency(sandbox, latencyMs);
    const waves: Wave[] = [];
    for (const fleet of fleets) {
      waves.push({ ...fleet, ...(await measure(cluster, sandbox, fleet.workers)) });
      say(`${fleet.workers} at work: done`);
    }
    return { name: 'workers', tables: [table(waves)] };
  } finally {
    await stopPart(sandboxPart);
  }
}

/** Each fleet has a database of its own, in which nothing was synced before. */
async function measure(
  cluster: Cluster,
  sandbox: SandboxReady,
  count: number,
): Promise<Pick<Wave, 'ms' | 'syncs' | 'pages'>> {
  const database = await cluster.createDatabase(`workers_${count}`);
  await useDatabase(database.appUrl, database.superuserUrl);
  const members: Member[] = [];
  for (let n = 0; n < tenants; n += 1)
    members.push(...(await createMembers(database, sandbox.baseUrl, account, connectionsEach)));
  const workers = await startWorkers(database, count);
  try {
    const dueAt = await makeDue(database, members);
    const done = await waitUntilDone(database, members, dueAt);
    if (done === undefined) throw new Error('The syncs were not done within three minutes');
    const end = Math.max(...done.map(({ finishedAt }) => finishedAt.getTime()));
    return {
      ms: end - dueAt.getTime(),
      syncs: done.length,
      pages: done.reduce((sum, { pages }) => sum + pages, 0),
    };
  } finally {
    await closeQueue();
    await stopWorkers(workers);
  }
}

function table(waves: readonly Wave[]): Table {
  const one = waves[0]?.ms ?? 0;
  const rows = waves.map(({ workers, goal, ms, syncs, pages }) => [
    String(workers),
    times(one / ms),
    workers === 1 ? '-' : times(goal),
    `${(ms / 1000).toFixed(1)} s`,
    String(syncs),
    whole(pages),
    ((pages / ms) * 1000).toFixed(1),
    workers === 1 ? '-' : one / ms >= goal ? 'met' : 'missed',
  ]);
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
