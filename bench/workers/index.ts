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
import type { Part } from '../kit/report.ts';
import { setLatency, type SandboxReady } from '../sync/sandbox-control.ts';
import { connectionsEach, fleets, latencyMs, tenants, workerTable, type Wave } from './table.ts';

const account = 'lists-8';

/** Throughput of several workers on sources that let them wait. */
export async function benchWorkers(cluster: Cluster, say: (text: string) => void): Promise<Part> {
  const sandboxPart = startPart('sandbox', 'bench/sync/sandbox.ts', { BENCH_ACCOUNTS: account });
  try {
    const sandbox = (await whenReady(sandboxPart)) as SandboxReady;
    await setLatency(sandbox, latencyMs);
    const waves: Wave[] = [];
    for (const { workers } of fleets) {
      waves.push({ workers, ...(await measure(cluster, sandbox, workers)) });
      say(`${workers} at work: done`);
    }
    return { name: 'workers', tables: [workerTable(waves)] };
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
