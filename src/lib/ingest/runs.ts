import { and, eq, sql } from 'drizzle-orm';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { syncRuns } from '../schema/sync.ts';

/** The connections of a tenant that a worker is syncing or replaying now. */
export async function listBusyConnections(tenantId: string): Promise<string[]> {
  const rows = await readTenant(tenantId, (tx) =>
    tx.select({ id: syncRuns.connectionId }).from(syncRuns).where(whereHeld(tenantId)),
  );
  return rows.map(({ id }) => id);
}

/** Whether a replay of the connection is under way, or waits for its next slice. */
export async function isReplaying(tenantId: string, connectionId: string): Promise<boolean> {
  const replaying = and(
    whereHeld(tenantId),
    eq(syncRuns.connectionId, connectionId),
    eq(syncRuns.trigger, 'replay'),
  );
  const rows = await readTenant(tenantId, (tx) =>
    tx.select({ id: syncRuns.id }).from(syncRuns).where(replaying),
  );
  return rows.length > 0;
}

const whereHeld = (tenantId: string) =>
  and(
    eq(syncRuns.tenantId, tenantId),
    eq(syncRuns.status, 'running'),
    sql`${syncRuns.leaseUntil} > now()`,
  );
