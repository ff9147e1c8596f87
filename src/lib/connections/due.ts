import { and, eq, isNull, lte, ne, or } from 'drizzle-orm';
import { withTenant } from '../tenancy/with-tenant.ts';
import { connections } from './schema.ts';

/** Clocks of two machines may differ by this much. */
const toleranceMs = 60_000;

/** Whether a connection is due at `now`. Jobs only wake the worker; this is the truth. */
export async function isDue(tenantId: string, connectionId: string, now: Date): Promise<boolean> {
  const due = await dueConnections(tenantId, new Date(now.getTime() + toleranceMs));
  return due.some(({ id }) => id === connectionId);
}

/** The connections of a tenant that are to be synced up to `horizon`. Paused ones never are; one without a date is due now. */
export function dueConnections(tenantId: string, horizon: Date): Promise<{ id: string; dueAt: Date | null }[]> {
  return withTenant(tenantId, (tx) =>
    tx
      .select({ id: connections.id, dueAt: connections.dueAt })
      .from(connections)
      .where(and(eq(connections.tenantId, tenantId), ne(connections.status, 'paused'), or(isNull(connections.dueAt), lte(connections.dueAt, horizon)))),
  );
}
