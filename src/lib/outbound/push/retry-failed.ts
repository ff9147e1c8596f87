import { and, asc, eq, gt } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { pushes } from '../../schema/pushes.ts';
import { listPushConnections, requestPushes } from './request.ts';

/** Leads that are requested at once. */
const chunkSize = 500;

/**
 * Requests all failed pushes again, of one connection or of all that take leads. Returns how many.
 */
export async function retryFailedPushes(
  tenantId: string,
  connectionId: string | undefined,
  by: string | null,
): Promise<number> {
  const connections = await listPushConnections(tenantId);
  let retried = 0;
  for (const { id } of connections.filter(
    (connection) => connectionId === undefined || connection.id === connectionId,
  ))
    retried += await retryConnection(tenantId, id, by);
  return retried;
}

/** In the order of ids, so that a push that fails again in the meantime is not retried twice. */
async function retryConnection(
  tenantId: string,
  connectionId: string,
  by: string | null,
): Promise<number> {
  const failed = and(
    eq(pushes.tenantId, tenantId),
    eq(pushes.connectionId, connectionId),
    eq(pushes.state, 'failed'),
  );
  let retried = 0;
  for (let after: string | undefined; ;) {
    const behind = after === undefined ? undefined : gt(pushes.id, after);
    const rows = await readTenant(tenantId, (tx) =>
      tx
        .select({ id: pushes.id, leadId: pushes.leadId })
        .from(pushes)
        .where(and(failed, behind))
        .orderBy(asc(pushes.id))
        .limit(chunkSize),
    );
    if (rows.length === 0) return retried;
    const { pushes: requested } = await requestPushes(
      tenantId,
      { connectionId, leadIds: rows.map(({ leadId }) => leadId) },
      by,
    );
    retried += requested.length;
    after = rows.at(-1)?.id;
  }
}
