import { and, eq, inArray, isNotNull, min, sql } from 'drizzle-orm';
import type { ConnectionKey } from '../../connections/session.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { pushes } from '../../schema/pushes.ts';
import { whereDue } from './lease.ts';

/**
 * When the next push of a connection is due: a time in the past when one is due now, null when none
 * is waiting.
 */
export function findNextDueAt({ tenantId, connectionId }: ConnectionKey): Promise<Date | null> {
  const waiting = and(
    eq(pushes.tenantId, tenantId),
    eq(pushes.connectionId, connectionId),
    isNotNull(pushes.dueAt),
  );
  return retryInTenant(tenantId, async (tx) => {
    const [row] = await tx
      .select({ at: min(pushes.dueAt) })
      .from(pushes)
      .where(waiting);
    return row?.at ?? null;
  });
}

/** Notes on every push that is due why it has to wait: the CRM cannot be reached at all. */
export function recordWaiting(key: ConnectionKey, message: string): Promise<void> {
  const isNews = sql`${pushes.errorMessage} is distinct from ${message}`;
  return retryInTenant(key.tenantId, async (tx) => {
    const due = tx
      .select({ id: pushes.id })
      .from(pushes)
      .where(and(whereDue(key), isNews))
      .for('update', { skipLocked: true });
    await tx
      .update(pushes)
      .set({ errorKind: 'waiting', errorMessage: message })
      .where(and(eq(pushes.tenantId, key.tenantId), inArray(pushes.id, due)));
  });
}
