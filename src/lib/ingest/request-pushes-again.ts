import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { newId } from '../platform/id.ts';
import { leads } from '../schema/leads.ts';
import { pushEvents, pushes } from '../schema/pushes.ts';

export interface PushesAgain {
  /** Which pushes of the tenant. */
  which: SQL | undefined;
  /** A sentence for the history of each push: why it is requested. */
  message: string;
  /** Whether it is sent even if nothing of what it sends has changed. */
  evenUnchanged?: boolean;
}

/** Requests pushes again that nobody asked for by hand, and shows it on their leads. */
export async function requestPushesAgain(
  tx: Tx,
  tenantId: string,
  { which, message, evenUnchanged = false }: PushesAgain,
): Promise<void> {
  const requested = await tx
    .update(pushes)
    .set({
      state: 'pending',
      requestedAt: sql`clock_timestamp()`,
      requestedBy: null,
      dueAt: sql`now()`,
      attempts: 0,
      ...(evenUnchanged && { payloadHash: null }),
      updatedAt: sql`now()`,
    })
    .where(and(eq(pushes.tenantId, tenantId), which))
    .returning({ id: pushes.id, leadId: pushes.leadId });
  if (requested.length === 0) return;
  await tx.insert(pushEvents).values(
    requested.map(({ id }) => ({
      tenantId,
      id: newId(),
      pushId: id,
      attempt: 0,
      step: 'requested',
      outcome: 'note' as const,
      message,
    })),
  );
  const leadIds = requested.map(({ leadId }) => leadId);
  await tx
    .update(leads)
    .set({ pushState: 'pending' })
    .where(and(eq(leads.tenantId, tenantId), inArray(leads.id, leadIds)));
}
