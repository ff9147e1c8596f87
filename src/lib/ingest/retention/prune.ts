import { sql } from 'drizzle-orm';
import { listConnections } from '../../connections/connections.ts';
import { withHashing } from '../../platform/db/planner.ts';
import { log } from '../../platform/log.ts';
import { deleteSnapshots, deleteUnreferencedBodies } from '../snapshots/prune.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { whereStream } from '../stream-key.ts';
import { openReplay } from '../replay/source.ts';
import type { ReplaySource } from '../replay/types.ts';
import { isReplaying } from '../runs.ts';
import type { Stream } from '../types.ts';
import { whereUnneeded } from './unneeded.ts';

export interface PruneResult {
  snapshots: number;
  bodies: number;
  /** False when it was stopped early. */
  isComplete: boolean;
}

/**
 * Deletes the raw snapshots of a tenant that are past their retention and that no replay needs,
 * then the bodies that no snapshot refers to. A connection that is being replayed is skipped until
 * the next time. `isOver` stops it between batches.
 */
export async function pruneRaw(
  tenantId: string,
  isOver: () => boolean = () => false,
): Promise<PruneResult> {
  const { rawRetentionDays } = await getTenant(tenantId);
  const cutoff = new Date(Date.now() - rawRetentionDays * 24 * 3_600_000);
  let snapshots = 0;
  for (const { id: connectionId } of await listConnections(tenantId)) {
    if (await isReplaying(tenantId, connectionId)) continue;
    const source = await openReplay({ tenantId, connectionId });
    for (const stream of source.streams)
      snapshots += await deleteSnapshots(
        tenantId,
        await selectPrunableIds(source, stream, cutoff),
        isOver,
      );
    snapshots += await deleteSnapshots(tenantId, await selectOrphanIds(source, cutoff), isOver);
  }
  const bodies = await deleteUnreferencedBodies(tenantId, isOver);
  log.info(
    { event: 'raw.pruned', tenantId, deleted: snapshots, count: bodies },
    'Deleted raw snapshots that nothing needs any more',
  );
  return { snapshots, bodies, isComplete: !isOver() };
}

/** Snapshots of streams that are not read any more: no replay needs them. */
function selectOrphanIds(
  { tenantId, connectionId, streams }: ReplaySource,
  cutoff: Date,
): Promise<string[]> {
  const names = streams.map(({ name }) => name);
  return readTenant(tenantId, async (tx) => {
    const { rows } = await tx.execute<{ id: string }>(sql`
      select id from raw_snapshots
      where tenant_id = ${tenantId} and connection_id = ${connectionId}
        and stream <> all(${sql.param(names)}::text[]) and received_at < ${cutoff.toISOString()}
      order by received_at, id`);
    return rows.map(({ id }) => id);
  });
}

function selectPrunableIds(source: ReplaySource, stream: Stream, cutoff: Date): Promise<string[]> {
  return readTenant(source.tenantId, async (tx) => {
    const unneeded = await whereUnneeded(tx, source, stream);
    if (unneeded === undefined) return [];
    const prunable = sql`
      select id from raw_snapshots where ${whereStream(source, stream)}
        and received_at < ${cutoff.toISOString()} and ${unneeded} order by received_at, id`;
    const { rows } = await withHashing(tx, () => tx.execute<{ id: string }>(prunable));
    return rows.map(({ id }) => id);
  });
}
