import { and, eq } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { pushTargets } from '../schema/pushes.ts';
import type { TargetMetadata } from '../connectors/contract/destination.ts';

/** What the CRM said of its fields when it was asked last; undefined when it never was. */
export async function selectTargetMetadata(
  tx: Tx,
  tenantId: string,
  connectionId: string,
): Promise<{ metadata: TargetMetadata; fetchedAt: Date } | undefined> {
  const own = and(eq(pushTargets.tenantId, tenantId), eq(pushTargets.connectionId, connectionId));
  const [row] = await tx
    .select({ metadata: pushTargets.metadata, fetchedAt: pushTargets.fetchedAt })
    .from(pushTargets)
    .where(own);
  // Written by us alone, in this shape.
  return row === undefined
    ? undefined
    : { metadata: row.metadata as TargetMetadata, fetchedAt: row.fetchedAt };
}
