import type { PeriodicTask } from '../../platform/periodic/run.ts';
import { enqueue } from '../../jobs/queue.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';

const hour = 3_600_000;

/**
 * Queues the deletion of old raw snapshots for each workspace once a day. Checked every hour,
 * because workers come and go.
 */
export function pruneRawTask(): PeriodicTask {
  return { name: 'prune-raw', everyMs: hour, takeoverMs: 24 * hour, run: enqueuePruneJobs };
}

async function enqueuePruneJobs(): Promise<void> {
  for (const { id: tenantId } of await listTenants())
    await enqueue('prune-raw', { tenantId }, { key: tenantId });
}
