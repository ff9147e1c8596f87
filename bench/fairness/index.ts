import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import {
  createMembers,
  makeDue,
  startWorkers,
  stopWorkers,
  waitUntilDone,
  type Member,
} from '../kit/fleet.ts';
import type { Part } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';
import { fairnessTable, latencyMs, patienceSeconds, type Situation } from './table.ts';

const small = 'lists-50';
const giant = 'lists-20000';
const giantConnections = 12;
const samples = scaled(8);

interface Bench {
  database: BenchDatabase;
  sandbox: SandboxReady;
}

/** How long a small tenant waits for its sync alone, and beside one that keeps the worker busy. */
export async function benchFairness(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const sandboxPart = startPart('sandbox', 'bench/sync/sandbox.ts', {
    BENCH_ACCOUNTS: `${small},${giant}`,
  });
  const database = await cluster.createDatabase('fairness');
  try {
    const sandbox = (await whenReady(sandboxPart)) as SandboxReady;
    await setLatency(sandbox, latencyMs);
    await useDatabase(database.appUrl, database.superuserUrl);
    const workers = await startWorkers(database, 1);
    try {
      return {
        name: 'fairness',
        tables: [fairnessTable(await measure({ database, sandbox }, say))],
      };
    } finally {
      await closeQueue();
      await stopWorkers(workers);
    }
  } finally {
    await stopPart(sandboxPart);
  }
}

async function measure(bench: Bench, say: (text: string) => void): Promise<Situation[]> {
  await measureWaits(bench, 1);
  const alone = await measureWaits(bench, samples);
  say('Alone: done');
  await startGiant(bench);
  const beside = await measureWaits(bench, samples);
  say('Beside a giant: done');
  await startGiant(bench);
  const crowded = await measureWaits(bench, 1);
  return [
    { beside: 'nobody', waits: alone, counts: false },
    { beside: `one tenant with ${giantConnections} connections`, waits: beside, counts: true },
    { beside: 'two of them, which fill all four places', waits: crowded, counts: false },
  ];
}

/**
 * A tenant whose connections are all at work or in the queue from now on, each for longer than a
 * slice.
 */
async function startGiant({ database, sandbox }: Bench): Promise<void> {
  const members = await createMembers(database, sandbox.baseUrl, giant, giantConnections);
  await makeDue(database, members);
  await untilRunning(database, members);
}

async function untilRunning(database: BenchDatabase, members: readonly Member[]): Promise<void> {
  const ids = members.map(({ connectionId }) => connectionId);
  for (let running = 0; running < 2;) {
    const [row] = await database.query<{ running: number }>(
      `select count(*)::int as running
       from sync_runs
       where status = 'running' and lease_until > now() and connection_id = any($1::uuid[])`,
      [ids],
    );
    running = row?.running ?? 0;
  }
}

/** Small tenants, one after the other, each new. */
async function measureWaits({ database, sandbox }: Bench, count: number): Promise<number[]> {
  const waits: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const members = await createMembers(database, sandbox.baseUrl, small, 1);
    const dueAt = await makeDue(database, members);
    const [done] = (await waitUntilDone(database, members, dueAt, patienceSeconds)) ?? [];
    waits.push(
      done === undefined ? Number.POSITIVE_INFINITY : done.finishedAt.getTime() - dueAt.getTime(),
    );
  }
  return waits;
}
