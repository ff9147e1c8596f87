import { setTimeout as sleep } from 'node:timers/promises';
import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import type { BenchDatabase, Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { startHelper, type Helper } from '../kit/helper.ts';
import type { Part } from '../kit/report.ts';
import { scaled } from '../kit/scale.ts';
import { costOf } from '../kit/server-cost.ts';
import { createAccount, type Account } from './account.ts';
import type { Requests, Settings } from './server.ts';
import { setups, sides, type Side, type SideJob, type SideResult } from './sides.ts';
import { rivalTables, type Cut, type Reading, type Rerun, type Speed } from './tables.ts';
import { rowsWrittenBy } from './writes.ts';

/** Customers of an account at each latency, and how often each side reads one. */
const cases = [
  { latencyMs: 0, customers: scaled(50_000), repetitions: 2 },
  { latencyMs: 50, customers: scaled(20_000), repetitions: 1 },
];
const cutCustomers = scaled(20_000);
const cutAt = 0.6;

interface Bench {
  cluster: Cluster;
  baseUrl: string;
  databases: Record<Side, BenchDatabase>;
  say: (text: string) => void;
}

/** The same fake Stripe account read by us and by others. */
export async function benchRival(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const server = startPart('stripe', 'bench/rival/server.ts', {});
  try {
    const { port } = await whenReady(server);
    const bench = await prepare(cluster, `http://127.0.0.1:${port}/`, say);
    const speeds: Speed[] = [];
    const reruns: Rerun[] = [];
    for (const each of cases) speeds.push(await measureSpeed(bench, each, reruns));
    const cuts: Cut[] = [];
    for (const name of sides) cuts.push(await measureCut(bench, name));
    return { name: 'rival', tables: rivalTables(speeds, cuts, reruns) };
  } finally {
    await stopPart(server);
  }
}

/** A database for each side, with its tables. */
async function prepare(cluster: Cluster, baseUrl: string, say: Bench['say']): Promise<Bench> {
  const databases = {} as Record<Side, BenchDatabase>;
  for (const name of sides)
    databases[name] = await cluster.createDatabase(`rival_${name.toLowerCase()}`);
  await useDatabase(databases.ours.appUrl, databases.ours.superuserUrl);
  const account = { tenantId: '', connectionId: '', baseUrl, key: 'sk_0_nobody' };
  for (const name of sides.filter((each) => each !== 'ours')) {
    const databaseUrl = databases[name].superuserUrl;
    await withSide(name, (side) => side.run({ databaseUrl, account, migrate: true }));
  }
  return { cluster, baseUrl, databases, say };
}

/** All sides take turns; without latency each then reads once more what has not changed. */
async function measureSpeed(
  bench: Bench,
  { latencyMs, customers, repetitions }: (typeof cases)[number],
  reruns: Rerun[],
): Promise<Speed> {
  await tell(bench, { latencyMs, limit: null });
  const readings: Speed['readings'] = {};
  for (let n = 0; n < repetitions; n += 1) {
    for (const name of sides) {
      const account = await emptyAccount(bench, name, customers);
      const reading = await withSide(name, (side) => read(bench, name, side, account));
      (readings[name] ??= []).push(reading);
      if (latencyMs === 0 && n === 0) reruns.push(await measureRerun(bench, name, account));
    }
  }
  bench.say(`${customers} customers at ${latencyMs} ms: done`);
  return { latencyMs, customers, readings };
}

async function measureRerun(bench: Bench, name: Side, account: Account): Promise<Rerun> {
  const readings: Reading[] = [];
  const written = await rowsWrittenBy(bench.databases[name], () =>
    withSide(name, async (side) => readings.push(await read(bench, name, side, account))),
  );
  return { side: name, customers: countCustomers(account), readings, ...written };
}

/**
 * Ends the process when the server has answered 60 % of the pages, and starts another one.
 */
async function measureCut(bench: Bench, name: Side): Promise<Cut> {
  await tell(bench, { latencyMs: 0, limit: null });
  const account = await emptyAccount(bench, name, cutCustomers);
  const pages = Math.ceil(cutCustomers / 100);
  const killed = await startSide(name);
  const startedAt = performance.now();
  const ending = read(bench, name, killed, account).catch(() => undefined);
  while ((await requests(bench, account)).pages < pages * cutAt) await sleep(5);
  await killed.kill();
  const before = performance.now() - startedAt;
  await ending;
  const stored = await storedBy(bench, name);
  await releaseRun(bench);
  const after = await withSide(name, (side) => read(bench, name, side, account));
  bench.say(`${name}, killed at ${cutAt * 100} %: done`);
  return {
    side: name,
    customers: cutCustomers,
    pages,
    stored,
    before,
    after: after.ms,
    requests: await requests(bench, account),
    finally: await storedBy(bench, name),
  };
}

/** Reads the whole account, and tells what that cost the process and the server. */
async function read(
  { cluster, databases }: Bench,
  name: Side,
  side: SideProcess,
  account: Account,
): Promise<Reading> {
  const databaseUrl = databases[name][setups[name].connectsAs];
  const { result, cost } = await costOf(cluster, () => side.run({ databaseUrl, account }));
  if (result.records > countCustomers(account))
    throw new Error(`${name} read ${result.records} records of ${countCustomers(account)}`);
  return { ms: result.ms, nodeMs: result.cpuMs, serverMs: cost.cpuMs, walBytes: cost.walBytes };
}

type SideProcess = Helper<SideJob, SideResult>;

const startSide = (name: Side): Promise<SideProcess> => startHelper(name, setups[name].entry);

async function withSide<T>(name: Side, work: (side: SideProcess) => Promise<T>): Promise<T> {
  const side = await startSide(name);
  try {
    return await work(side);
  } finally {
    await side.stop();
  }
}

let made = 0;

/** An account that no side has read; what this one read of others before is gone. */
async function emptyAccount(
  { baseUrl, databases }: Bench,
  name: Side,
  customers: number,
): Promise<Account> {
  made += 1;
  const tables = setups[name].tables ?? (await listTenantTables(databases[name]));
  await databases[name].query(`truncate ${tables} cascade`);
  for (const side of sides) await databases[side].query('checkpoint');
  return createAccount(baseUrl, `sk_${customers}_${name}${made}`);
}

async function listTenantTables(database: BenchDatabase): Promise<string> {
  const [row] = await database.query<{ tables: string }>(
    `select string_agg(format('%I', c.table_name), ', ') as tables
     from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'tenant_id'
       and t.table_type = 'BASE TABLE'`,
  );
  return row?.tables ?? '';
}

const countCustomers = ({ key }: Account) => Number(key.split('_')[1]);

async function storedBy({ databases }: Bench, name: Side): Promise<number> {
  const [row] = await databases[name].query<{ count: number }>(
    `select count(*)::int as count from ${setups[name].table}`,
  );
  return row?.count ?? Number.NaN;
}

/**
 * A worker that takes a run up waits until the lease of the dead one is over; that wait is a
 * setting, not work, and is told in the notes.
 */
async function releaseRun({ databases }: Bench): Promise<void> {
  await databases.ours.query(`update sync_runs set lease_until = now() where status = 'running'`);
}

async function tell({ baseUrl }: Bench, settings: Settings): Promise<void> {
  await fetch(new URL('settings', baseUrl), { method: 'POST', body: JSON.stringify(settings) });
}

async function requests({ baseUrl }: Bench, { key }: Account): Promise<Requests> {
  return (await (await fetch(new URL(`requests?key=${key}`, baseUrl))).json()) as Requests;
}
