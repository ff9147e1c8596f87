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
import { startHelper } from '../kit/helper.ts';
import { costOf, readProcessCpu } from '../kit/server-cost.ts';
import { createAccount } from '../rival/account.ts';
import { setups, type SideJob, type SideResult } from '../rival/sides.ts';
import { residentBytes } from '../sizes/memory.ts';
import type { SandboxReady } from '../sync/sandbox-control.ts';
import { smallTenants, syncedLeads, type Capacity, type Cost } from './tables.ts';

const account = 'lists-8';

/** Many small connections on one worker: their first sync, and one that finds nothing new. */
export async function measureSmall(
  cluster: Cluster,
): Promise<
  Pick<Capacity, 'firstSyncs' | 'hourlySyncs'> & { worker: Capacity['memory']['worker'] }
> {
  const sandboxPart = startPart('sandbox', 'bench/sync/sandbox.ts', { BENCH_ACCOUNTS: account });
  const database = await cluster.createDatabase('capacity_small');
  try {
    const { baseUrl } = (await whenReady(sandboxPart)) as SandboxReady;
    await useDatabase(database.appUrl, database.superuserUrl);
    const members: Member[] = [];
    for (let n = 0; n < smallTenants; n += 1)
      members.push(...(await createMembers(database, baseUrl, account, 1)));
    const workers = await startWorkers(database, 1, { SYNC_CONCURRENCY: '16' });
    const [worker] = workers;
    if (worker === undefined) throw new Error('There is no worker');
    try {
      const idle = await residentBytes(worker);
      const sync = () => costOfSyncs(cluster, database, members, worker.child.pid);
      const [firstSyncs, hourlySyncs] = [await sync(), await sync()];
      return { firstSyncs, hourlySyncs, worker: { idle, loaded: await residentBytes(worker) } };
    } finally {
      await closeQueue();
      await stopWorkers(workers);
    }
  } finally {
    await stopPart(sandboxPart);
  }
}

async function costOfSyncs(
  cluster: Cluster,
  database: BenchDatabase,
  members: readonly Member[],
  pid: number | undefined,
): Promise<Cost> {
  const before = readProcessCpu(pid);
  const { result, cost } = await costOf(cluster, async () =>
    waitUntilDone(database, members, await makeDue(database, members), 600),
  );
  if (result === undefined) throw new Error('The syncs were not done within ten minutes');
  return { count: result.length, nodeMs: readProcessCpu(pid) - before, serverMs: cost.cpuMs };
}

/** One connection of many leads, in a process that does what a worker does, and its disk. */
export async function measureLarge(cluster: Cluster): Promise<Pick<Capacity, 'records' | 'disk'>> {
  const database = await cluster.createDatabase('capacity_large');
  const server = startPart('stripe', 'bench/rival/server.ts', {});
  const side = await startHelper<SideJob, SideResult>('ours', setups.ours.entry);
  try {
    const { port } = await whenReady(server);
    await useDatabase(database.appUrl, database.superuserUrl);
    const subject = await createAccount(`http://127.0.0.1:${port}/`, `sk_${syncedLeads}_large`);
    const before = await readSize(database);
    const { result, cost } = await costOf(cluster, () =>
      side.run({ databaseUrl: database.appUrl, account: subject }),
    );
    const records = { count: result.records, nodeMs: result.cpuMs, serverMs: cost.cpuMs };
    await database.query('vacuum analyze');
    return { records, disk: await readDisk(database, before) };
  } finally {
    await side.stop();
    await stopPart(server);
  }
}

async function readDisk(database: BenchDatabase, before: number): Promise<Capacity['disk']> {
  const [row] = await database.query<Record<'rows' | 'indexes' | 'search' | 'responses', string>>(
    `select pg_table_size('leads') as rows, pg_indexes_size('leads') as indexes,
       pg_total_relation_size('lead_terms') as search,
       pg_total_relation_size('raw_bodies') + pg_total_relation_size('raw_snapshots') as responses`,
  );
  const [rows, indexes, search, responses] = [
    Number(row?.rows),
    Number(row?.indexes),
    Number(row?.search),
    Number(row?.responses),
  ];
  const others = (await readSize(database)) - before - rows - indexes - search - responses;
  return { rows, indexes, search, responses, others: Math.max(0, others) };
}

async function readSize(database: BenchDatabase): Promise<number> {
  const [row] = await database.query<{ size: string }>(
    'select pg_database_size(current_database()) as size',
  );
  return Number(row?.size);
}
