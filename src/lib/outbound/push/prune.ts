import { and, asc, eq, inArray, lt, ne } from 'drizzle-orm';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { pushEvents } from '../../schema/pushes.ts';

const dayMs = 86_400_000;
/** The most events that one transaction deletes. */
const batchSize = 1000;

/**
 * Deletes the events of pushes that are older than the workspace keeps raw responses, oldest first.
 * Decisions of people stay. `isOver` stops it between two batches; then the result is false.
 */
export async function prunePushEvents(
  tenantId: string,
  isOver: () => boolean = () => false,
): Promise<boolean> {
  const { rawRetentionDays } = await getTenant(tenantId);
  const cutoff = new Date(Date.now() - rawRetentionDays * dayMs);
  // Ids are in the order of time, so the primary key finds the old ones without another index.
  const old = and(
    eq(pushEvents.tenantId, tenantId),
    lt(pushEvents.id, firstIdAt(cutoff)),
    lt(pushEvents.at, cutoff),
    ne(pushEvents.step, 'resolved'),
  );
  while (!isOver()) {
    const deleted = await retryInTenant(tenantId, async (tx) => {
      const batch = tx
        .select({ id: pushEvents.id })
        .from(pushEvents)
        .where(old)
        .orderBy(asc(pushEvents.id))
        .limit(batchSize);
      return (
        await tx
          .delete(pushEvents)
          .where(and(eq(pushEvents.tenantId, tenantId), inArray(pushEvents.id, batch)))
          .returning({ id: pushEvents.id })
      ).length;
    });
    if (deleted < batchSize) return true;
  }
  return false;
}

/** The lowest version 7 UUID of a given time. */
function firstIdAt(at: Date): string {
  const ms = at.getTime().toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-000000000000`;
}
