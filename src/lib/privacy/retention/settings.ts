import { eq } from 'drizzle-orm';
import { currentActor } from '../../identity/audit/context.ts';
import { changedFields, recordAudit } from '../../identity/audit/record.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { recordRetention } from '../../schema/record-retention.ts';
import { countOutdated, type RetentionMonths } from './outdated-rows.ts';

export interface RetentionView extends RetentionMonths {
  ranAt: Date | null;
  /** What the last run deleted, by table. */
  deleted: Record<string, number>;
  /** What the next run deletes, by table. */
  next: Record<string, number>;
}

/** The retention of a workspace, with what its next run deletes; of other months, if given. */
export function getRetention(tenantId: string, preview?: RetentionMonths): Promise<RetentionView> {
  return readTenant(tenantId, async (tx) => {
    const { leadMonths, noteMonths, ranAt, deleted } = await readRow(tx, tenantId);
    const months = preview ?? { leadMonths, noteMonths };
    return { ...months, ranAt, deleted, next: await countOutdated(tx, tenantId, months) };
  });
}

/**
 * Changes for how long a workspace keeps leads and notes. Throws Problem `bad_request` for anything
 * but whole months from 1 to 1,200.
 */
export async function setRetention(tenantId: string, months: RetentionMonths): Promise<void> {
  for (const each of [months.leadMonths, months.noteMonths])
    if (each !== null && !(Number.isInteger(each) && each >= 1 && each <= 1200))
      throw new Problem('bad_request', 'Enter whole months from 1 to 1,200, or nothing for never.');
  await withTenant(tenantId, async (tx) => {
    const { leadMonths, noteMonths } = await readRow(tx, tenantId);
    const change = { ...months, changedAt: new Date(), changedBy: currentActor().id };
    await tx
      .insert(recordRetention)
      .values({ tenantId, ...change })
      .onConflictDoUpdate({ target: recordRetention.tenantId, set: change });
    await recordAudit(tx, {
      tenantId,
      action: 'settings.changed',
      target: { type: 'workspace', id: tenantId, label: 'retention of leads and notes' },
      ...changedFields({ leadMonths, noteMonths }, { ...months }),
    });
  });
}

/** The row of the settings; that of a workspace that keeps everything if there is none. */
async function readRow(tx: Tx, tenantId: string) {
  const [row] = await tx
    .select()
    .from(recordRetention)
    .where(eq(recordRetention.tenantId, tenantId));
  return row ?? { leadMonths: null, noteMonths: null, ranAt: null, deleted: {} };
}
