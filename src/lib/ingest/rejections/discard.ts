import { sql } from 'drizzle-orm';
import { recordAudit } from '../../identity/audit/record.ts';
import { recordErrors } from '../../schema/sync.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Actor } from '../../identity/actor.ts';
import { requireNote } from '../../jobs/failed/note.ts';
import { toRecordTarget } from './labels.ts';
import { lockOpenRejection, whereRejection, requireOpenRejection } from './locks.ts';

/**
 * Discards a rejected record, with a reason. It keeps counting as rejected, and is opened again
 * only when the source changes it.
 */
export async function discardRecord(actor: Actor, id: string, reason: string): Promise<void> {
  await requireOpenRejection(actor, id);
  const note = requireNote(reason);
  await withTenant(actor.tenantId, async (tx) => {
    const rejection = await lockOpenRejection(tx, actor, id);
    await tx
      .update(recordErrors)
      .set({
        resolvedAt: sql`now()`,
        resolution: 'discarded',
        resolvedBy: actor.userId,
        note,
        correction: null,
      })
      .where(whereRejection(actor, id));
    await recordAudit(tx, {
      tenantId: actor.tenantId,
      action: 'record.discarded',
      target: toRecordTarget(rejection),
    });
  });
}
