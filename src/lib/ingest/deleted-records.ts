import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { leads } from '../schema/leads.ts';
import { pushes } from '../schema/pushes.ts';
import type { ProviderStreamKey } from './pushed-copies.ts';
import { requestPushesAgain } from './request-pushes-again.ts';

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
  await requestPushesAgain(tx, tenantId, {
    which: and(
      eq(pushes.connectionId, connectionId),
      inArray(pushes.remoteId, [...remoteIds]),
      eq(pushes.state, 'synced'),
      sql`not ${hasCopy}`,
    ),
    message: 'The CRM reports that the record was deleted.',
    evenUnchanged: true,
  });
}
