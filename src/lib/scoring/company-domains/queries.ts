import { and, asc, eq, isNotNull, isNull } from 'drizzle-orm';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { companyDomains } from '../../schema/company-domains.ts';
import { scoreInputs } from '../apply.ts';

/** The columns of a domain that explain its score and when it is scanned. */
const scoreState = {
  breakdown: companyDomains.breakdown,
  scannedAt: companyDomains.scannedAt,
  scanDueAt: companyDomains.scanDueAt,
};

/** A live lead with the score of its company; undefined when there is no such lead. */
export async function findLeadScore(tx: Tx, tenantId: string, leadId: string) {
  const onLead = and(
    eq(companyDomains.tenantId, leads.tenantId),
    eq(companyDomains.domain, leads.domain),
  );
  const [row] = await tx
    .select({
      id: leads.id,
      name: leads.name,
      company: leads.company,
      domain: leads.domain,
      ...scoreState,
    })
    .from(leads)
    .leftJoin(companyDomains, onLead)
    .where(
      and(
        eq(leads.tenantId, tenantId),
        eq(leads.id, leadId),
        isNull(leads.deletedAt),
        isNull(leads.mirrorOf),
      ),
    );
  return row;
}

/** A domain with all its columns; undefined when no entity has it. */
export async function findCompanyDomain(tx: Tx, tenantId: string, domain: string) {
  const [row] = await tx
    .select()
    .from(companyDomains)
    .where(and(eq(companyDomains.tenantId, tenantId), eq(companyDomains.domain, domain)));
  return row;
}

/** Scanned domains with the inputs and results of their scores, in order of their names. */
export function listScannedDomains(tx: Tx, tenantId: string, max: number) {
  const { name, score, segment, priority } = companyDomains;
  return tx
    .select({ ...scoreInputs, name, score, segment, priority })
    .from(companyDomains)
    .where(and(eq(companyDomains.tenantId, tenantId), isNotNull(companyDomains.evidence)))
    .orderBy(asc(companyDomains.domain))
    .limit(max);
}
