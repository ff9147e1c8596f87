import { eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../identity/audit/record.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { readTenant, retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { applyRemoval } from '../../ingest/apply.ts';
import { lockStream } from '../../ingest/state.ts';
import { enqueue } from '../../jobs/queue.ts';
import { log } from '../../platform/log.ts';
import type { PeriodicTask } from '../../platform/periodic/run.ts';
import { recordRetention } from '../../schema/record-retention.ts';
import {
  outdatedEntities,
  selectOutdated,
  tableOf,
  type RetentionMonths,
} from './outdated-rows.ts';
import { getRetention } from './settings.ts';

/** Rows that one transaction deletes. */
const batchSize = 500;
const hour = 3_600_000;

/**
 * Queues the deletion for each workspace once a day. Checked every hour, because workers come and
 * go.
 */
export function deleteOutdatedTask(): PeriodicTask {
  return {
    name: 'delete-outdated',
    everyMs: hour,
    takeoverMs: 24 * hour,
    run: async () => {
      for (const { id: tenantId } of await listTenants())
        await enqueue('delete-outdated', { tenantId }, { key: tenantId });
    },
  };
}

/**
 * Deletes the leads and notes of a workspace that are past its retention, for good, with what hangs
 * on them. Summaries follow in the same transactions. Responses that hold them are deleted when
 * their own retention ends; later ones are stored without them (src/lib/ingest/suppression).
 */
export async function deleteOutdated(
  tenantId: string,
  isOver: () => boolean = () => false,
): Promise<{ deleted: Record<string, number>; isComplete: boolean }> {
  const { leadMonths, noteMonths } = await getRetention(tenantId);
  const deleted: Record<string, number> = {};
  if (leadMonths === null && noteMonths === null) return { deleted, isComplete: true };
  let isComplete = true;
  for (const entity of outdatedEntities)
    for (let more = true; more;) {
      const rows = await deleteBatch(tenantId, entity, { leadMonths, noteMonths });
      if (rows > 0) deleted[tableOf(entity)] = (deleted[tableOf(entity)] ?? 0) + rows;
      more = rows > 0 && !isOver();
      if (rows > 0 && isOver()) isComplete = false;
    }
  await finish(tenantId, deleted);
  return { deleted, isComplete };
}

/** Deletes a batch of one stream under its lock, and returns how many rows there were. */
async function deleteBatch(
  tenantId: string,
  entity: (typeof outdatedEntities)[number],
  months: RetentionMonths,
): Promise<number> {
  const rows = await readTenant(tenantId, (tx) =>
    selectOutdated(tx, entity, tenantId, months, batchSize),
  );
  const [first] = rows;
  if (first === undefined) return 0;
  const place = { tenantId, connectionId: first.connectionId, stream: first.stream };
  const ids = rows
    .filter((row) => row.connectionId === first.connectionId && row.stream === first.stream)
    .map(({ id }) => id);
  return retryInTenant(tenantId, async (tx) => {
    await lockStream(tx, place);
    return applyRemoval(tx, place, entity, ids);
  });
}

async function finish(tenantId: string, deleted: Record<string, number>): Promise<void> {
  const count = Object.values(deleted).reduce((sum, rows) => sum + rows, 0);
  await retryInTenant(tenantId, async (tx) => {
    await tx
      .update(recordRetention)
      .set({ ranAt: sql`now()`, deleted })
      .where(eq(recordRetention.tenantId, tenantId));
    if (count > 0) await recordAudit(tx, { tenantId, action: 'retention.applied', after: deleted });
  });
  log.info(
    { event: 'records.outdated_deleted', tenantId, deleted: count },
    'Deleted leads and notes past their retention',
  );
}
