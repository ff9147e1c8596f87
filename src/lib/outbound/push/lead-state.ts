import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../../schema/leads.ts';
import { pushes } from '../../schema/pushes.ts';

type PushRow = typeof pushes.$inferSelect;

/**
 * Shows the state of a push on its lead, unless another push of the lead was requested after
 * `requestedAt`: of several pushes the lead shows the one requested last.
 */
export async function updateLeadPushState(
  tx: Tx,
  { tenantId, id, leadId }: Pick<PushRow, 'tenantId' | 'id' | 'leadId'>,
  state: PushRow['state'] | null,
  requestedAt: SQL,
): Promise<void> {
  const isNewest = sql`not exists (
    select 1 from ${pushes} as other
    where other.tenant_id = ${tenantId} and other.lead_id = ${leadId} and other.id <> ${id}
      and other.requested_at > ${requestedAt})`;
  await tx
    .update(leads)
    .set({ pushState: state })
    .where(
      and(
        eq(leads.tenantId, tenantId),
        eq(leads.id, leadId),
        sql`${leads.pushState} is distinct from ${state}`,
        isNewest,
      ),
    );
}
