import { and, eq, isNull, lte, ne, or } from 'drizzle-orm';
import { withTenant } from '../tenancy/with-tenant.ts';
import { connections } from './schema.ts';

/** The connections of a tenant that are to be synced up to `horizon`. Paused ones never are; one without a date is due now. */
export function dueConnections(tenantId: string, horizon: Date): Promise<{ id: string; dueAt: Date | null }[]> {
  return withTenant(tenantId, (tx) =>
    tx
      .select({ id: connections.id, dueAt: connections.dueAt })
      .from(connections)
      .where(and(eq(connections.tenantId, tenantId), ne(connections.status, 'paused'), or(isNull(connections.dueAt), lte(connections.dueAt, horizon)))),
  );
}
