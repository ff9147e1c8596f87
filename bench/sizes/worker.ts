import { setTimeout as sleep } from 'node:timers/promises';
import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { requestTenantSync } from '#lib/ingest/request.ts';
import type { BenchDatabase } from '../kit/cluster.ts';
import { benchEnv, useDatabase } from '../kit/environment.ts';
import { createSubject } from '../sync/flow.ts';
import type { SandboxReady } from '../sync/sandbox-control.ts';
import { residentBytes } from './memory.ts';

const account = 'notes-1000';

/**
 * Memory of a worker before its first sync and after one of 1,000 clients with all that belongs to
 * them.
 */
export async function weighWorker(
  database: BenchDatabase,
): Promise<{ idle: number; loaded: number }> {
  const sandboxPart = startPart('sandbox', 'bench/sync/sandbox.ts', { BENCH_ACCOUNTS: account });
  const worker = startPart('worker', 'worker/index.ts', benchEnv(database.appUrl));
  try {
    const { baseUrl } = (await whenReady(sandboxPart)) as SandboxReady;
    const idle = await residentBytes(worker);
    await useDatabase(database.appUrl, database.superuserUrl);
    const { tenantId } = await createSubject(baseUrl, account, []);
    await requestTenantSync(tenantId, newId());
    await untilSynced(database);
    return { idle, loaded: await residentBytes(worker) };
  } finally {
    await closeQueue();
    await stopPart(worker);
    await stopPart(sandboxPart);
  }
}

async function untilSynced(database: BenchDatabase): Promise<void> {
  for (let second = 0; second < 180; second += 1) {
    const [run] = await database.query<{ status: string }>(
      `select status from sync_runs where finished_at is not null`,
    );
    if (run?.status === 'success') return;
    if (run !== undefined) throw new Error(`The worker's sync ended as ${run.status}`);
    await sleep(1_000);
  }
  throw new Error('The worker did not finish its sync within three minutes');
}
