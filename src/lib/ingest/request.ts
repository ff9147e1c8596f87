import { listConnections, toAuditTarget, type Connection } from '../connections/connections.ts';
import { Problem } from '../platform/errors.ts';
import { getProvider } from '../connectors/registry.ts';
import { enqueue, enqueueAll, type BatchedJob } from '../jobs/queue.ts';
import { recordAudit } from '../identity/audit/record.ts';
import { listTenants } from '../identity/tenancy/tenants.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { listDueBeforeNextTick } from './due.ts';
import { listBusyConnections, isReplaying } from './runs.ts';

/**
 * Queues a sync of all connections of a tenant, or of those to one provider. Connections that are
 * being synced are left out. Throws Problem (conflict) when nothing is left to queue.
 */
export async function requestTenantSync(
  tenantId: string,
  requestedBy: string,
  only?: string,
): Promise<{ queued: number }> {
  const connections = (await listConnections(tenantId)).filter(
    ({ status, provider }) => status !== 'paused' && (only === undefined || provider === only),
  );
  const what = only === undefined ? 'connected system' : `connection to ${getProvider(only).label}`;
  if (connections.length === 0)
    throw new Problem('conflict', `This workspace has no ${what} to sync. Connect one first.`);
  const busy = await listBusyConnections(tenantId);
  const idle = connections.filter(({ id }) => !busy.includes(id));
  if (idle.length === 0)
    throw new Problem('conflict', 'A sync is already under way. Wait until it has ended.');
  const queued = await withTenant(tenantId, async (tx) => {
    const started: string[] = [];
    for (const { id, label } of idle) {
      const payload = { tenantId, connectionId: id, trigger: 'manual' as const, requestedBy };
      if (await enqueue('sync-connection', payload, { key: `${id}/manual`, priority: 1, tx }))
        started.push(label);
    }
    if (started.length === 0) return 0;
    const after = { connections: started };
    await recordAudit(tx, { tenantId, action: 'sync.requested', after });
    return started.length;
  });
  if (queued === 0) throw new Problem('conflict', 'A sync is already waiting to start.');
  return { queued };
}

/**
 * Queues a sync that deletes everything which the source no longer lists, however much that is.
 * Throws Problem: `not_found`, or `conflict` when one is queued already.
 */
export async function requestDeletions(
  tenantId: string,
  connectionId: string,
  requestedBy: string,
): Promise<void> {
  const connection = await requireConnection(tenantId, connectionId);
  const payload = {
    tenantId,
    connectionId,
    trigger: 'manual' as const,
    requestedBy,
    acceptDeletions: true,
  };
  const queued = await withTenant(tenantId, async (tx) => {
    const options = { key: `${connectionId}/deletions`, priority: 1, tx };
    if (!(await enqueue('sync-connection', payload, options))) return false;
    const target = toAuditTarget(connection);
    await recordAudit(tx, { tenantId, action: 'deletion.confirmed', target });
    return true;
  });
  if (queued) return;
  throw new Problem(
    'conflict',
    'These deletions were confirmed already. The sync that carries them out is queued or running.',
  );
}

/**
 * Queues a replay of a connection from its stored responses. Throws Problem: `not_found`, or
 * `conflict` while a replay is waiting or running.
 */
export async function requestReplay(
  tenantId: string,
  connectionId: string,
  requestedBy: string,
): Promise<void> {
  const connection = await requireConnection(tenantId, connectionId);
  const payload = { tenantId, connectionId, handedOver: null, requestedBy };
  const isFree = !(await isReplaying(tenantId, connectionId));
  const queued = await withTenant(tenantId, async (tx) => {
    const options = { key: connectionId, priority: 1, tx };
    if (!isFree || !(await enqueue('replay', payload, options))) return false;
    const target = toAuditTarget(connection);
    await recordAudit(tx, { tenantId, action: 'replay.requested', target });
    return true;
  });
  if (!queued)
    throw new Problem(
      'conflict',
      'A rebuild of this connection from stored data is already under way. Wait until it has ' +
        'ended.',
    );
}

async function requireConnection(tenantId: string, connectionId: string): Promise<Connection> {
  const found = (await listConnections(tenantId)).find(({ id }) => id === connectionId);
  if (found === undefined)
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  return found;
}

/** The lowest priority of a queued sync: later connections of a tenant all share it. */
const minPriority = -3;

/** So many syncs are queued with one statement. */
const queuedAtOnce = 500;

/**
 * Queues every connection that becomes due before the next tick, each for its own time; a
 * connection that missed several times is queued once. The first connection of each tenant has
 * priority over the second of any, so that a tenant with many connections does not keep the others
 * waiting.
 */
export async function enqueueDueSyncs(now = new Date()): Promise<number> {
  let queued = 0;
  const waiting: BatchedJob<'sync-connection'>[] = [];
  const tenants = await listTenants();
  for (const [tenantId, due] of await listDueBeforeNextTick(tenants.map(({ id }) => id))) {
    for (const [index, { id, dueAt }] of due.entries())
      waiting.push(toSyncJob(tenantId, id, dueAt, now, Math.max(-index, minPriority)));
    if (waiting.length >= queuedAtOnce)
      queued += await enqueueAll('sync-connection', waiting.splice(0));
  }
  return queued + (await enqueueAll('sync-connection', waiting));
}

/**
 * Queues a connection for the time at which it is due. False when it is queued for then already.
 */
export function enqueueSync(
  tenantId: string,
  connectionId: string,
  dueAt: Date | null,
  now = new Date(),
  priority = 0,
): Promise<boolean> {
  const { payload, ...options } = toSyncJob(tenantId, connectionId, dueAt, now, priority);
  return enqueue('sync-connection', payload, options);
}

function toSyncJob(
  tenantId: string,
  connectionId: string,
  dueAt: Date | null,
  now: Date,
  priority: number,
): BatchedJob<'sync-connection'> {
  return {
    payload: { tenantId, connectionId, trigger: 'schedule', requestedBy: null },
    // One key for each due time, so that a job for a later time does not block one for an earlier.
    key: `${connectionId}/${dueAt === null ? 'now' : dueAt.toISOString()}`,
    priority,
    ...(dueAt !== null && dueAt > now && { startAfter: dueAt }),
  };
}
