import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../kit/cluster.ts';
import { useDatabase } from '../kit/environment.ts';
import { startWorkers, stopWorkers } from '../kit/fleet.ts';
import { costOf, readProcessCpu } from '../kit/server-cost.ts';
import { idleMs, type Fleet, type Idle } from './tables.ts';

const settleMs = 10_000;

/** Workers on an empty database: only the queues are asked for jobs. */
export async function measureIdle(cluster: Cluster, fleet: Fleet): Promise<Idle> {
  const database = await cluster.createDatabase(`idle_${fleet.workers}_${fleet.concurrency}`);
  await useDatabase(database.appUrl, database.superuserUrl);
  const workers = await startWorkers(database, fleet.workers, {
    SYNC_CONCURRENCY: String(fleet.concurrency),
  });
  try {
    await sleep(settleMs);
    const cpu = () => workers.reduce((sum, { child }) => sum + readProcessCpu(child.pid), 0);
    const before = cpu();
    const { cost } = await costOf(cluster, () => sleep(idleMs));
    return { ...fleet, node: (cpu() - before) / idleMs, server: cost.cpuMs / idleMs };
  } finally {
    await stopWorkers(workers);
  }
}
