import type { PeriodicTask } from '../../platform/periodic/run.ts';
import { enqueue } from '../../jobs/queue.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';

const hour = 3_600_000;

/**
 * Once a day each workspace is rid of the raw snapshots that it has kept for long enough. Asked
 * every hour, because workers come and go.
 */
export function pruneRawTask(): PeriodicTask {
  return { name: 'prune-raw', everyMs: hour, takeoverMs: 24 * hour, run: enqueuePruneJobs };
}

async function enqueuePruneJobs(): Promise<void> {
  for (const { id: tenantId } of await listTenants())
    await enqueue('prune-raw', { tenantId }, { key: tenantId });
}
