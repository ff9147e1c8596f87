import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { median, times } from '../kit/figures.ts';
import {
  createMembers,
  makeDue,
  startWorkers,
  stopWorkers,
  waitUntilDone,
  type Member,
} from '../kit/fleet.ts';
import type { Part, Table } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';

const small = 'lists-50';
const giant = 'lists-20000';
const latencyMs = 50;
const giantConnections = 12;
const samples = scaled(8);
const maxTimes = 2;
/** Longer than this nobody waits for the last figure. */
const patienceSeconds = 90;

/**
 * What a small tenant has beside it while it waits, and its waits from due to done in milliseconds.
 */
interface Situation {
  beside: string;
  waits: number[];
  /** Whether the goal is about it. */
  counts: boolean;
}

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
      return { name: 'fairness', tables: [table(await measure({ database, sandbox }, say))] };
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

function table(situations: readonly Situation[]): Table {
  const alone = median(situations[0]?.waits ?? []);
  const seconds = (ms: number) =>
    Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : `over ${patienceSeconds} s`;
  const rows = situations.map(({ beside, waits, counts }) => {
    const ratio = median(waits) / alone;
    return [
      beside,
      Number.isFinite(ratio) ? times(ratio) : `over ${times((patienceSeconds * 1000) / alone)}`,
      seconds(median(waits)),
      seconds(Math.max(...waits)),
      String(waits.length),
      !counts ? '-' : ratio <= maxTimes ? 'met' : 'missed',
    ];
  });
  return {
    title: 'What a small tenant waits for its sync, from due to done',
    head: ['beside', 'wait : alone', 'median', 'longest', 'syncs', 'goal'],
    rows,
    notes: [
      `Goal: at most ${maxTimes} times. One worker with default settings: SYNC_CONCURRENCY ` +
        '4, SYNC_TENANT_CONCURRENCY 2, SYNC_SLICE_SECONDS 60. Each sample is the first sync of ' +
        "a new tenant with 50 clients; each of the giant's syncs is one of 20,000 clients, " +
        'which takes minutes, and was in the queue before.',
      `The sandbox answers after ${latencyMs} ms. The giant also takes processor time from ` +
        'the small one: it, the worker, PostgreSQL and the sandbox share the machine.',
      'With two giants every place is taken, and the small tenant waits at least ' +
        'until a slice is over, a minute at most; no goal says otherwise.',
    ],
  };
}
