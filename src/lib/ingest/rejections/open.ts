import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { recordErrors } from '../../schema/sync.ts';
import { whereStream, type StreamKey } from '../stream-key.ts';

/** The rejections of a stream, open or resolved. */
export const whereRejectionOf = ({ tenantId, connectionId, stream }: StreamKey) =>
  and(
    eq(recordErrors.tenantId, tenantId),
    eq(recordErrors.connectionId, connectionId),
    eq(recordErrors.stream, stream),
  );

/** The rejections of a stream that wait for the source, or for a person, to mend the item. */
export const whereOpenRejection = (streamKey: StreamKey) =>
  and(whereRejectionOf(streamKey), isNull(recordErrors.resolvedAt));

/** Whether a stream has open rejections. */
export async function hasOpenRejections(tx: Tx, streamKey: StreamKey): Promise<boolean> {
  const rows = await tx
    .select({ id: recordErrors.id })
    .from(recordErrors)
    .where(whereOpenRejection(streamKey))
    .limit(1);
  return rows.length > 0;
}

/** The keys of the items of a stream whose rejections are open. */
export async function readOpenKeys(tx: Tx, streamKey: StreamKey): Promise<Set<string>> {
  const rows = await tx
    .select({ key: recordErrors.itemKey })
    .from(recordErrors)
    .where(whereOpenRejection(streamKey));
  return new Set(rows.map(({ key }) => key));
}

/** For a larger statement: the snapshots that hold the items of open rejections. */
export const selectOpenSnapshotIds = (streamKey: StreamKey): SQL =>
  sql`select snapshot_id from record_errors
    where ${whereStream(streamKey, { name: streamKey.stream })} and resolved_at is null`;

/**
 * For a larger statement: a column of the rejections whose items may still be read again, because
 * they are open or a person's decision about them may be revised.
 */
export const selectFromRevisable = (
  column: 'snapshot_id' | 'item_key',
  streamKey: StreamKey,
): SQL =>
  sql`select ${sql.identifier(column)} from record_errors
    where ${whereStream(streamKey, { name: streamKey.stream })}
      and (resolved_at is null or resolution not in ('accepted', 'gone'))`;
