import { and, eq, isNull, lte, ne, notExists, or, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { deadLetters } from '../schema/dead-letters.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';

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
export function listDueConnections(
  tenantId: string,
  withinSeconds: number,
): Promise<DueConnection[]> {
  return withTenant(tenantId, (tx) => {
    const deadLettered = tx
      .select({ id: deadLetters.id })
      .from(deadLetters)
      .where(
        and(
          eq(deadLetters.tenantId, tenantId),
          eq(deadLetters.job, 'sync-connection'),
          eq(deadLetters.connectionId, connections.id),
          isNull(deadLetters.resolvedAt),
        ),
      );
    const soon = or(
      isNull(connections.dueAt),
      lte(connections.dueAt, sql`now() + make_interval(secs => ${withinSeconds})`),
    );
    return tx
      .select({ id: connections.id, dueAt: connections.dueAt })
      .from(connections)
      .where(
        and(
          eq(connections.tenantId, tenantId),
          ne(connections.status, 'paused'),
          soon,
          notExists(deadLettered),
        ),
      );
  });
}
