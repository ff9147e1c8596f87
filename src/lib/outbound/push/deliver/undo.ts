import { and, eq, ne, sql } from 'drizzle-orm';
import { safeMessage } from '../../../platform/secrets.ts';
import { retryInTenant } from '../../../identity/tenancy/with-tenant.ts';
import { pushes } from '../../../schema/pushes.ts';
import { objectRoles, type ObjectRole } from '../../../connectors/contract/destination.ts';
import { nameOf, type Delivery } from './delivery.ts';

/**
 * Deletes the records that a finally failed push created, unless somebody has changed them or
 * another lead needs them. A record that cannot be deleted stays, the audit log says so, and the
 * next push finds and uses it.
 */
export async function undoDelivery(delivery: Delivery): Promise<void> {
  const { auditLog, objects, progress } = delivery;
  auditLog.step = 'undo';
  for (const role of [...objectRoles].toReversed()) {
    const made = progress.made[role];
    if (made === undefined || made.version === '' || (await isShared(delivery, role, made.id)))
      continue;
    try {
      const { kind } = await objects.remove(role, made.id, made.version);
      if (kind === 'done' || kind === 'gone') forgetRecord(delivery, role);
      else
        auditLog.addNote(
          'undo',
          'note',
          `The ${nameOf(delivery, role)} was kept, because somebody has changed it since.`,
        );
    } catch (error) {
      auditLog.addNote(
        'undo',
        'failed',
        `The ${nameOf(delivery, role)} could not be deleted again: ${safeMessage(error)}`,
      );
    }
  }
}

function forgetRecord({ progress }: Delivery, role: ObjectRole): void {
  const { [role]: _made, ...made } = progress.made;
  const { [role]: _remote, ...remoteIds } = progress.remoteIds;
  Object.assign(progress, { made, remoteIds, ...(role === 'lead' && { remoteId: null }) });
}

/** Whether another push uses the record too, as is possible for companies and contacts. */
async function isShared(
  { push: { tenantId, connectionId, id } }: Delivery,
  role: ObjectRole,
  remoteId: string,
): Promise<boolean> {
  const others = and(
    eq(pushes.tenantId, tenantId),
    eq(pushes.connectionId, connectionId),
    ne(pushes.id, id),
    sql`${pushes.remoteIds} ->> ${role} = ${remoteId}`,
  );
  const rows = await retryInTenant(tenantId, (tx) =>
    tx.select({ id: pushes.id }).from(pushes).where(others).limit(1),
  );
  return rows.length > 0;
}
