import { and, asc, eq, gt, isNotNull } from 'drizzle-orm';
import { retryOnDbOutage } from '../platform/db/retry.ts';
import { companyDomains } from '../schema/company-domains.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { rescoreDomains } from './apply.ts';

/** At most so many domains are scored in one transaction. */
const batchSize = 200;

/**
 * Scores the domains of a tenant anew from their stored evidence, in the order of their names, from
 * behind `after` on. Nobody is asked anything. The answer is the last domain when `isOver` ended it
 * early, else null.
 */
export async function rescoreSlice(
  tenantId: string,
  after: string | null,
  isOver: () => boolean,
): Promise<string | null> {
  for (let last = after; ;) {
    const domains = await retryOnDbOutage(() => rescoreNext(tenantId, last));
    if (domains.length < batchSize) return null;
    last = domains.at(-1) ?? null;
    if (isOver()) return last;
  }
}

function rescoreNext(tenantId: string, after: string | null): Promise<string[]> {
  return withTenant(tenantId, async (tx) => {
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
