import { and, asc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { enqueue } from '../jobs/queue.ts';
import { companyDomains } from '../schema/company-domains.ts';
import { listTenantsWith, selectFeatures, setFeature, type Feature } from '../identity/features.ts';
import { recordAudit } from '../identity/audit/record.ts';
import { tenantFeatures } from '../schema/tenants.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';

/** Time between two ticks of the worker. */
const tickMs = 3_600_000;

/** The condition that the lead engine is on in a workspace. */
export const whereLeadEngineOn = (tenantId: string) =>
  sql`exists (
    select from ${tenantFeatures} where tenant_id = ${tenantId} and feature = 'lead-engine')`;

/**
 * Queues the scans of a tenant for the time at which the next one is due, if that is before the
 * next tick. False when none is due by then, the lead engine is off, or the job is queued already.
 */
export async function enqueueDueScans(tenantId: string, now = new Date()): Promise<boolean> {
  const dueAt = await withTenant(tenantId, async (tx) => {
    await scheduleUnscanned(tx, tenantId);
    return findNextDue(tx, tenantId);
  });
  if (dueAt === null || dueAt.getTime() > now.getTime() + tickMs) return false;
  // The key contains the due time, so that a job queued for later does not block an earlier one.
  return enqueue(
    'scan-domains',
    { tenantId },
    { key: `${tenantId}/${dueAt.toISOString()}`, ...(dueAt > now && { startAfter: dueAt }) },
  );
}

/** Makes domains due that have no time yet: they appeared while the engine was off. */
async function scheduleUnscanned(tx: Tx, tenantId: string): Promise<void> {
  await tx
    .update(companyDomains)
    .set({ scanDueAt: sql`now()` })
    .where(
      and(
        eq(companyDomains.tenantId, tenantId),
        isNull(companyDomains.scanDueAt),
        whereLeadEngineOn(tenantId),
      ),
    );
}

async function findNextDue(tx: Tx, tenantId: string): Promise<Date | null> {
  const [row] = await tx
    .select({ at: companyDomains.scanDueAt })
    .from(companyDomains)
    .where(
      and(
        eq(companyDomains.tenantId, tenantId),
        isNotNull(companyDomains.scanDueAt),
        whereLeadEngineOn(tenantId),
      ),
    )
    .orderBy(asc(companyDomains.scanDueAt))
    .limit(1);
  return row?.at ?? null;
}

/** Queues the scans that are due before the next tick, and returns for how many tenants. */
export async function enqueueScans(now = new Date()): Promise<number> {
  let queued = 0;
  for (const id of await listTenantsWith('lead-engine'))
    if (await enqueueDueScans(id, now)) queued += 1;
  return queued;
}

/**
 * Switches a feature of a workspace on or off. Switching on the lead engine makes all domains due
 * that were never scanned.
 */
export async function switchFeature(
  tenantId: string,
  feature: Feature,
  enabled: boolean,
  by: string | null,
): Promise<void> {
  await setFeature(tenantId, feature, enabled, by);
  if (feature === 'lead-engine' && enabled) await enqueueDueScans(tenantId);
}

/**
 * Makes a domain due now and queues the scan. Throws Problem: `not_found` for an unknown domain,
 * `conflict` when the lead engine is off.
 */
export async function requestScan(tenantId: string, domain: string): Promise<void> {
  await withTenant(tenantId, async (tx) => {
    if (!(await selectFeatures(tx, tenantId)).has('lead-engine'))
      throw new Problem(
        'conflict',
        'The lead engine is off in this workspace. Switch it on first.',
      );
    const due = { scanDueAt: sql`now()`, scanAttempts: 0 };
    const rows = await tx
      .update(companyDomains)
      .set(due)
      .where(and(eq(companyDomains.tenantId, tenantId), eq(companyDomains.domain, domain)))
      .returning({ domain: companyDomains.domain });
    if (rows.length === 0)
      throw new Problem(
        'not_found',
        `No lead, referral, contact or company of this workspace has the domain ${domain}.`,
      );
    const target = { type: 'domain', id: domain, label: domain };
    await recordAudit(tx, { tenantId, action: 'scan.requested', target });
  });
  await enqueueDueScans(tenantId);
}
