import { and, eq, ne, sql } from 'drizzle-orm';
import { safeMessage } from '../../../platform/secrets.ts';
import { retryInTenant } from '../../../identity/tenancy/with-tenant.ts';
import { pushes } from '../../../schema/pushes.ts';
import { pushTables, type PushTable } from '../../../connectors/contract/destination.ts';
import type { Delivery } from './delivery.ts';

/**
 * Deletes the records that a finally failed push created, unless somebody has changed them or
 * another lead needs them. A record that cannot be deleted stays, the audit log says so, and the
 * next push finds and uses it.
 */
export async function undoDelivery(delivery: Delivery): Promise<void> {
  const { auditLog, tables, progress } = delivery;
  auditLog.step = 'undo';
  for (const table of [...pushTables].toReversed()) {
    const made = progress.made[table];
    if (made === undefined || made.etag === '' || (await isShared(delivery, table, made.id)))
      continue;
    try {
      const { kind } = await tables.remove(table, made.id, made.etag);
      if (kind === 'done' || kind === 'gone') forgetRecord(delivery, table);
      else
        auditLog.addNote(
          'undo',
          'note',
          `The ${table} was kept, because somebody has changed it since.`,
        );
    } catch (error) {
      auditLog.addNote(
        'undo',
        'failed',
        `The ${table} could not be deleted again: ${safeMessage(error)}`,
      );
    }
  }
}

function forgetRecord({ progress }: Delivery, table: PushTable): void {
  const { [table]: _made, ...made } = progress.made;
  const { [table]: _remote, ...remoteIds } = progress.remoteIds;
  Object.assign(progress, { made, remoteIds, ...(table === 'lead' && { remoteId: null }) });
}

/** Whether another push uses the record too, as is possible for accounts and contacts. */
async function isShared(
  { push: { tenantId, connectionId, id } }: Delivery,
  table: PushTable,
  remoteId: string,
): Promise<boolean> {
  const others = and(
    eq(pushes.tenantId, tenantId),
    eq(pushes.connectionId, connectionId),
    ne(pushes.id, id),
    sql`${pushes.remoteIds} ->> ${table} = ${remoteId}`,
  );
  const rows = await retryInTenant(tenantId, (tx) =>
    tx.select({ id: pushes.id }).from(pushes).where(others).limit(1),
  );
  return rows.length > 0;
}
