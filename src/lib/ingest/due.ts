import { sql, type SQL } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { deadLetters } from '../schema/dead-letters.ts';
import { defineTenantQuery, defineTenantsQuery } from '../identity/tenancy/with-tenant.ts';
import { syncIntervalMs } from './schedule.ts';

export interface DueConnection {
  id: string;
  dueAt: Date | null;
}

/**
 * Whether a connection is due now, by the clock of the database. Jobs only wake
 * the worker; this table decides.
 */
export async function isDue(tenantId: string, connectionId: string): Promise<boolean> {
  return (await listDueConnections(tenantId, 1)).some(({ id }) => id === connectionId);
}

/**
 * The connections of a tenant that are to be synced within so many seconds. One without a date is
 * due now; paused ones and those whose sync is an open failed job never are.
 */
export const listDueConnections = (
  tenantId: string,
  withinSeconds: number,
): Promise<DueConnection[]> => defineTenantQuery<DueConnection>(selectDue(withinSeconds))(tenantId);

/** For each of the tenants, its connections that are to be synced before the next tick. */
export const listDueBeforeNextTick = defineTenantsQuery<DueConnection>(
  selectDue(syncIntervalMs / 1000),
);

function selectDue(withinSeconds: number): (tenant: SQL) => SQL {
  return (tenant) => sql`
    select id, due_at as "dueAt"
    from ${connections} as c
    where tenant_id = ${tenant} and status <> 'paused'
      and (due_at is null
        or due_at <= now() + make_interval(secs => ${sql.raw(String(withinSeconds))}))
      and not exists (
        select
        from ${deadLetters}
        where tenant_id = ${tenant} and job = 'sync-connection' and connection_id = c.id
          and resolved_at is null)`;
}
