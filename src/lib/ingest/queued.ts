import { sql } from 'drizzle-orm';
import { readTenant } from '../identity/tenancy/with-tenant.ts';

/**
 * Whether a sync of one of these connections is waiting for a worker: its job could start now, but
 * no worker has claimed it.
 */
export async function isQueued(
  tenantId: string,
  connectionIds: readonly string[],
): Promise<boolean> {
  if (connectionIds.length === 0) return false;
  const { rows } = await readTenant(tenantId, (tx) =>
    tx.execute(sql`
    select 1 from pgboss.job
    where name = 'sync-connection' and state in ('created', 'retry') and start_after <= now()
      and data->>'tenantId' = ${tenantId} and data->>'connectionId' in ${[...connectionIds]}
        limit 1`),
  );
  return rows.length > 0;
}
