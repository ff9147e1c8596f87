import { and, eq, gt } from 'drizzle-orm';
import { addedLabelOf, labelStream } from '../connections/streams.ts';
import { connections } from '../schema/connections.ts';
import { streamStates } from '../schema/sync.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';

/**
 * Rows that a source no longer lists and that a sync kept, because deleting so many needs
 * confirmation.
 */
export interface HeldDeletion {
  connectionId: string;
  stream: string;
  count: number;
  since: Date | null;
}

/** Lists the held-back deletions of a workspace. */
export function listHeldDeletions(tenantId: string): Promise<HeldDeletion[]> {
  return readTenant(tenantId, async (tx) => {
    const rows = await tx
      .select({
        connectionId: streamStates.connectionId,
        provider: connections.provider,
        stream: streamStates.stream,
        addedLabel: addedLabelOf(streamStates),
        count: streamStates.deletionHeldCount,
        since: streamStates.deletionHeldAt,
      })
      .from(streamStates)
      .innerJoin(
        connections,
        and(
          eq(connections.tenantId, streamStates.tenantId),
          eq(connections.id, streamStates.connectionId),
        ),
      )
      .where(and(eq(streamStates.tenantId, tenantId), gt(streamStates.deletionHeldCount, 0)));
    return rows.map(({ provider, addedLabel, count, ...row }) => ({
      ...row,
      stream: labelStream({ ...row, provider, addedLabel }),
      count: count ?? 0,
    }));
  });
}
