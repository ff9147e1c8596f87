import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import { leads } from '../schema/leads.ts';
import { pushEvents, pushes } from '../schema/pushes.ts';
import type { ProviderStreamKey } from './pushed-copies.ts';

/**
 * Requests again the pushes of records that the CRM reports as deleted before their copies were
 * ever read: the push finds out whether the record is gone, and says so. Deleted copies need none
 * of this, because their pulls tell.
 */
export async function requestDeletedRecords(
  tx: Tx,
  { tenantId, connectionId }: Pick<ProviderStreamKey, 'tenantId' | 'connectionId'>,
  remoteIds: readonly string[],
): Promise<void> {
  const hasCopy = sql`exists (
    select 1 from ${leads} as copy
    where copy.tenant_id = ${tenantId} and copy.connection_id = ${connectionId}
      and copy.external_id = ${pushes.remoteId})`;
  const requested = await tx
    .update(pushes)
    .set({
      state: 'pending',
      requestedAt: sql`clock_timestamp()`,
      requestedBy: null,
      dueAt: sql`now()`,
      attempts: 0,
      payloadHash: null,
      updatedAt: sql`now()`,
    })
    .where(
      and(
        eq(pushes.tenantId, tenantId),
        eq(pushes.connectionId, connectionId),
        inArray(pushes.remoteId, [...remoteIds]),
        eq(pushes.state, 'synced'),
        sql`not ${hasCopy}`,
      ),
    )
    .returning({ id: pushes.id, leadId: pushes.leadId, attempt: pushes.attempts });
  if (requested.length === 0) return;
  await tx.insert(pushEvents).values(
    requested.map(({ id: pushId, attempt }) => ({
      tenantId,
      id: newId(),
      pushId,
      attempt,
      step: 'requested',
      outcome: 'note' as const,
      message: 'The CRM reports that the record was deleted.',
    })),
  );
  const leadIds = requested.map(({ leadId }) => leadId);
  await tx
    .update(leads)
    .set({ pushState: 'pending' })
    .where(and(eq(leads.tenantId, tenantId), inArray(leads.id, leadIds)));
}
