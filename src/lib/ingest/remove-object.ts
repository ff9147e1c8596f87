import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import {
  readAuditTarget,
  unknownConnectionProblem,
  whereConnection,
} from '../connections/connections.ts';
import { getEntityDefinition } from '../entities/registry.ts';
import { recordAudit } from '../identity/audit/record.ts';
import { readTenant, retryInTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { connectionStreams, streamFields } from '../schema/connection-streams.ts';
import { connections } from '../schema/connections.ts';
import { recordErrors, streamMappings, streamStates, syncRuns } from '../schema/sync.ts';
import { applyRemoval } from './apply.ts';
import { whereStream, type StreamKey } from './stream-key.ts';

/** Rows that one transaction deletes. */
const batchSize = 500;

/**
 * Stops reading an object that a person has added, and queues the deletion of its records. Throws
 * Problem: `not_found` for an object that is not read, `conflict` while a sync or a rebuild of the
 * connection is under way, which would go on storing its records.
 */
export async function requestObjectRemoval(key: StreamKey): Promise<void> {
  const { tenantId, connectionId, stream } = key;
  if (!isId(connectionId)) throw unknownConnectionProblem();
  await withTenant(tenantId, async (tx) => {
    await assertIdle(tx, key);
    const [removed] = await tx
      .update(connectionStreams)
      .set({ removedAt: sql`now()` })
      .where(and(whereObject(key), isNull(connectionStreams.removedAt)))
      .returning({ label: connectionStreams.label, entity: connectionStreams.entity });
    if (removed === undefined)
      throw new Problem('not_found', 'This object is not among those that are read.');
    await recordAudit(tx, {
      tenantId,
      action: 'object.removed',
      target: await readAuditTarget(tx, tenantId, connectionId),
      before: { object: stream, ...removed },
    });
    await enqueue('remove-object', key, { key: `${connectionId}/${stream}`, tx });
  });
}

/** Under the lock that a run takes before it begins: the next one loads the streams anew. */
async function assertIdle(tx: Tx, { tenantId, connectionId }: StreamKey): Promise<void> {
  const found = await tx
    .select({ id: connections.id })
    .from(connections)
    .where(whereConnection(tenantId, connectionId))
    .for('update');
  if (found.length === 0) throw unknownConnectionProblem();
  const held = await tx
    .select({ id: syncRuns.id })
    .from(syncRuns)
    .where(
      and(
        eq(syncRuns.tenantId, tenantId),
        eq(syncRuns.connectionId, connectionId),
        eq(syncRuns.status, 'running'),
        sql`${syncRuns.leaseUntil} > now()`,
      ),
    );
  if (held.length > 0)
    throw new Problem(
      'conflict',
      'A sync or rebuild of this connection is under way. Remove the object when it has ended.',
    );
}

/**
 * Deletes the records of a removed object for good, with what hangs on them, then what is known of
 * its stream. Responses as they were received go when their retention ends. Summaries follow in the
 * same transactions. `isOver` stops it between batches.
 */
export async function removeObjectRows(
  key: StreamKey,
  isOver: () => boolean = () => false,
): Promise<{ deleted: number; isComplete: boolean }> {
  const entity = await readTenant(key.tenantId, (tx) => selectRemoved(tx, key));
  let deleted = 0;
  if (entity === undefined) return { deleted, isComplete: true };
  const { table } = getEntityDefinition(entity);
  for (;;) {
    const rows = await retryInTenant(key.tenantId, async (tx) => {
      const batch = await tx.execute<{ id: string }>(sql`
        select id from ${table} where ${whereStream(key, { name: key.stream })}
        limit ${batchSize}`);
      return applyRemoval(
        tx,
        key,
        entity,
        batch.rows.map(({ id }) => id),
      );
    });
    deleted += rows;
    if (rows === 0) break;
    if (isOver()) return { deleted, isComplete: false };
  }
  await retryInTenant(key.tenantId, (tx) => deleteStream(tx, key));
  return { deleted, isComplete: true };
}

async function selectRemoved(tx: Tx, key: StreamKey) {
  const [row] = await tx
    .select({ entity: connectionStreams.entity })
    .from(connectionStreams)
    .where(and(whereObject(key), isNotNull(connectionStreams.removedAt)));
  return row?.entity;
}

async function deleteStream(tx: Tx, key: StreamKey): Promise<void> {
  const { tenantId, connectionId, stream } = key;
  for (const table of [streamStates, recordErrors, streamMappings, streamFields])
    await tx
      .delete(table)
      .where(
        and(
          eq(table.tenantId, tenantId),
          eq(table.connectionId, connectionId),
          eq(table.stream, stream),
        ),
      );
  await tx.delete(connectionStreams).where(whereObject(key));
}

const whereObject = ({ tenantId, connectionId, stream }: StreamKey) =>
  and(
    eq(connectionStreams.tenantId, tenantId),
    eq(connectionStreams.connectionId, connectionId),
    eq(connectionStreams.name, stream),
  );
