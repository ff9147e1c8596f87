import { and, asc, eq, gt, isNotNull } from 'drizzle-orm';
import { companyDomains } from '../schema/company-domains.ts';
import { retryInTenant } from '../identity/tenancy/with-tenant.ts';
import { rescoreDomains } from './apply.ts';

/** Domains per transaction: few enough that scans and syncs wait for their locks only briefly. */
const batchSize = 200;

/**
 * Rescores the domains of a tenant from their stored evidence, without network access, in order of
 * their names and starting after `after`. Returns the last domain when `isOver` ended it early, and
 * null when all are done.
 */
export async function rescoreSlice(
  tenantId: string,
  after: string | null,
  isOver: () => boolean,
): Promise<string | null> {
  for (let last = after; ;) {
    const domains = await rescoreNext(tenantId, last);
    if (domains.length < batchSize) return null;
    last = domains.at(-1) ?? null;
    if (isOver()) return last;
  }
}

function rescoreNext(tenantId: string, after: string | null): Promise<string[]> {
  return retryInTenant(tenantId, async (tx) => {
    const rows = await tx
      .select({ domain: companyDomains.domain })
      .from(companyDomains)
      .where(
        and(
          eq(companyDomains.tenantId, tenantId),
          isNotNull(companyDomains.evidence),
          after === null ? undefined : gt(companyDomains.domain, after),
        ),
      )
      .orderBy(asc(companyDomains.domain))
      .limit(batchSize);
    const domains = rows.map(({ domain }) => domain);
    await rescoreDomains(tx, tenantId, domains);
    return domains;
  });
}
