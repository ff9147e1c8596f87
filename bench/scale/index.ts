import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { startPart, stopPart, whenReady, type Part as Process } from '../../scripts/processes.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { enqueueRefreshes } from '#lib/connections/oauth/token-refresh.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import { surveyTenants } from '#lib/ops/health/survey.ts';
import { enqueueDuePushes } from '#lib/outbound/push/due.ts';
import { enqueueScans } from '#lib/scoring/schedule.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { createMembers, startWorkers, stopWorkers } from '../kit/fleet.ts';
import type { Part } from '../kit/report.ts';
import { costOf, readProcessCpu } from '../kit/server-cost.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';
import { measureIdle } from './idle.ts';
import { listOutcomes, rememberDue, type Outcome } from './outcomes.ts';
import {
  fleets,
  hourMs,
  idleFleets,
  latencyMs,
  scaleTables,
  tenants,
  warmMs,
  windowMs,
  type Fleet,
  type Idle,
  type Load,
  type Tick,
} from './tables.ts';

const account = 'lists-8';

/** Ten thousand tenants that fall due within one hour, on one database. */
export async function benchScale(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const sandboxPart = startPart('sandbox', 'bench/sync/sandbox.ts', { BENCH_ACCOUNTS: account });
  try {
    const sandbox = (await whenReady(sandboxPart)) as SandboxReady;
    const idle: Idle[] = [];
    for (const fleet of idleFleets) idle.push(await measureIdle(cluster, fleet));
    await createTenants(cluster.template, sandbox);
    say(`${tenants} tenants are there`);
    await setLatency(sandbox, latencyMs);
    const ticks = await measureTicks(cluster);
    say(`Rounds: ${ticks.map(({ ms }) => `${(ms / 1000).toFixed(1)} s`).join(', ')}`);
    const loads: Load[] = [];
    for (const fleet of fleets) {
      const load = await measureLoad(cluster, fleet);
      loads.push(load);
      const { syncs, seconds } = load.crowded;
      const rate = (syncs / seconds).toFixed(2);
      say(`${fleet.workers} at work, ${fleet.concurrency} syncs each: ${rate} syncs/s at most`);
    }
    return { name: 'scale', tables: scaleTables(ticks, loads, idle) };
  } finally {
    await stopPart(sandboxPart);
  }
}

/** Each with one connection that was never synced. The databases of all fleets are clones. */
async function createTenants(template: BenchDatabase, { baseUrl }: SandboxReady): Promise<void> {
  await useDatabase(template.appUrl, template.superuserUrl);
  const limit = pLimit(8);
  await Promise.all(
    Array.from({ length: tenants }, () =>
      limit(() => createMembers(template, baseUrl, account, 1)),
    ),
  );
  await useDatabase(template.appUrl);
  await template.query('vacuum analyze');
}

/** What goes through all tenants, again and again, whatever there is to do. */
const rounds: { what: string; everyMs: number; run: () => Promise<number> }[] = [
  { what: 'tick: syncs, all to be queued', everyMs: hourMs, run: () => enqueueDueSyncs() },
  { what: 'tick: syncs, all queued already', everyMs: hourMs, run: () => enqueueDueSyncs() },
  { what: 'tick: renewals of tokens', everyMs: hourMs, run: () => enqueueRefreshes() },
  { what: 'tick: scans of domains', everyMs: hourMs, run: () => enqueueScans() },
  { what: 'alerts: survey', everyMs: 60_000, run: async () => (await surveyTenants()).length },
  { what: 'pushes that are due', everyMs: 60_000, run: () => enqueueDuePushes() },
];

async function measureTicks(cluster: Cluster): Promise<Tick[]> {
  const database = await cluster.createDatabase('scale_tick');
  await useDatabase(database.appUrl, database.superuserUrl);
  await spreadOverHour(database);
  try {
    const ticks: Tick[] = [];
    for (const { what, everyMs, run } of rounds) {
      const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
      const { result: found, cost } = await costOf(cluster, run);
      const { user, system } = process.cpuUsage(cpu);
      const nodeMs = (user + system) / 1000;
      const ms = performance.now() - startedAt;
      ticks.push({ what, everyMs, ms, found, nodeMs, serverMs: cost.cpuMs });
    }
    return ticks;
  } finally {
    await closeQueue();
  }
}

/** Due times that are evenly spread over the hour from now on. */
async function spreadOverHour(database: BenchDatabase): Promise<void> {
  await database.query(
    `update connections c set due_at = now() + make_interval(secs => place * $1::float8)
     from (select id, row_number() over (order by id) - 1 as place from connections) as numbered
     where c.id = numbered.id`,
    [hourMs / 1000 / tenants],
  );
  await rememberDue(database);
}

/**
 * A window of the hour at its real pace: how late each sync ends. Then everything that is left
 * falls due at once: how many a fleet carries.
 */
async function measureLoad(cluster: Cluster, fleet: Fleet): Promise<Load> {
  const name = `scale_${fleet.workers}_${fleet.concurrency}`;
  const database = await cluster.createDatabase(name);
  await useDatabase(database.appUrl, database.superuserUrl);
  await spreadOverHour(database);
  const workers = await startWorkers(database, fleet.workers, {
    SYNC_CONCURRENCY: String(fleet.concurrency),
  });
  try {
    await untilQueued(database);
    const paced = await watch(cluster, database, workers);
    await makeAllDue(database);
    const crowded = await watch(cluster, database, workers);
    return { ...fleet, paced, crowded };
  } finally {
    await closeQueue();
    await stopWorkers(workers);
    await database.close();
  }
}

/** The tick of the first worker has queued everything. */
async function untilQueued(database: BenchDatabase): Promise<void> {
  for (let queued = 0; queued < tenants; await sleep(500)) {
    const [row] = await database.query<{ count: number }>(
      `select count(*)::int as count from pgboss.job where name = 'sync-connection'`,
    );
    queued = row?.count ?? 0;
  }
}

/** What was not synced yet is due at once, as after an outage: its jobs have been waiting, too. */
async function makeAllDue(database: BenchDatabase): Promise<void> {
  await database.query(
    `update connections c set due_at = now()
     where not exists (select from sync_runs r where r.connection_id = c.id)`,
  );
  await database.query(
    `update pgboss.job set start_after = now()
     where name = 'sync-connection' and state = 'created' and start_after > now()`,
  );
  await rememberDue(database);
}

/** What happens within a window that begins once the workers are warm. */
async function watch(
  cluster: Cluster,
  database: BenchDatabase,
  workers: readonly Process[],
): Promise<Outcome> {
  await sleep(warmMs);
  const from = new Date();
  const cpu = () => workers.reduce((sum, { child }) => sum + readProcessCpu(child.pid), 0);
  const before = cpu();
  const { result: connections, cost } = await costOf(cluster, () => watchConnections(database));
  const to = new Date();
  const [workerMs, serverMs] = [cpu() - before, cost.cpuMs];
  return { ...(await listOutcomes(database, from, to)), workerMs, serverMs, connections };
}

/** The most database connections that were open at one moment of the window. */
async function watchConnections(database: BenchDatabase): Promise<number> {
  let most = 0;
  for (const end = Date.now() + windowMs; Date.now() < end; await sleep(1_000)) {
    const [row] = await database.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and usename = 'tributary_login'`,
    );
    most = Math.max(most, row?.count ?? 0);
  }
  return most;
}
