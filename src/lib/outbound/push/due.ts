import { and, asc, eq, inArray, isNotNull, isNull, lte, ne, sql } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { retryOnDbOutage } from '../../platform/db/retry.ts';
import type { PeriodicTask } from '../../platform/periodic/run.ts';
import { companyDomains } from '../../schema/company-domains.ts';
import { listTenantsWith, selectFeatures } from '../../identity/features.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { pushes } from '../../schema/pushes.ts';
import { whereOwnAndLive, selectLeadById } from '../../entities/lead/lookup.ts';
import { sourceDigest } from '../../mappings/lead-values.ts';
import { requestPushesAgain } from '../../ingest/request-pushes-again.ts';
import { enqueuePushes } from './enqueue.ts';

const everyMs = 60_000;
/** The most pushes that one transaction requests again, which bounds its locks; the rest follow. */
const maxMarked = 2_000;

/**
 * Once a minute, in one of all processes: requests the pushes of leads that have changed here, and
 * queues a job for connections with due pushes.
 */
export function duePushesTask(): PeriodicTask {
  return { name: 'push-leads', everyMs, run: async () => void (await enqueueDuePushes()) };
}

/** Queues a job for every connection with due pushes, and returns how many those are. */
export async function enqueueDuePushes(): Promise<number> {
  let enqueued = 0;
  for (const tenantId of await retryOnDbOutage(() => listTenantsWith('crm-push'))) {
    for (const connectionId of await listDueConnections(tenantId)) {
      await enqueuePushes(tenantId, connectionId);
      enqueued += 1;
    }
  }
  return enqueued;
}

/**
 * The connections with due pushes, including pushes of leads that have changed since they were
 * sent. None while the feature is off; a paused connection waits until it is resumed.
 */
function listDueConnections(tenantId: string): Promise<string[]> {
  return retryInTenant(tenantId, async (tx) => {
    if (!(await selectFeatures(tx, tenantId)).has('crm-push')) return [];
    await markChangedPushes(tx, tenantId);
    const due = await tx
      .selectDistinct({ id: pushes.connectionId })
      .from(pushes)
      .innerJoin(
        connections,
        and(
          eq(connections.tenantId, tenantId),
          eq(connections.id, pushes.connectionId),
          ne(connections.status, 'paused'),
        ),
      )
      .where(
        and(eq(pushes.tenantId, tenantId), isNotNull(pushes.dueAt), lte(pushes.dueAt, sql`now()`)),
      );
    return due.map(({ id }) => id);
  });
}

/**
 * Requests again the pushes of leads whose rows differ from when their values were read. The push
 * itself finds out whether there is anything to send.
 */
async function markChangedPushes(tx: Tx, tenantId: string): Promise<void> {
  const changed = tx
    .select({ id: pushes.id })
    .from(pushes)
    .innerJoinLateral(selectLeadById(tx, tenantId, pushes.leadId), sql`true`)
    .leftJoin(
      companyDomains,
      and(eq(companyDomains.tenantId, tenantId), eq(companyDomains.domain, leads.domain)),
    )
    // A synced push without a remote record: a person decided to leave the deleted record deleted.
    .where(
      and(
        eq(pushes.tenantId, tenantId),
        eq(pushes.state, 'synced'),
        isNotNull(pushes.remoteId),
        isNull(pushes.dueAt),
        whereOwnAndLive,
        sql`${pushes.seen} is distinct from ${sourceDigest}`,
      ),
    )
    .orderBy(asc(pushes.id))
    .limit(maxMarked)
    .for('update', { of: pushes, skipLocked: true });
  await requestPushesAgain(tx, tenantId, {
    which: inArray(pushes.id, changed),
    message: 'The lead has changed here.',
  });
}
