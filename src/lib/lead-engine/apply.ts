import { and, asc, eq, inArray, isNotNull, sql, type SQL } from 'drizzle-orm';
import { leads } from '../entities/lead/schema.ts';
import { recordset } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { Evidence } from '../posture/types.ts';
import { companyDomains } from '../rollups/company-domains/schema.ts';
import { selectModel } from './models.ts';
import { scoreOf } from './score.ts';
import type { Breakdown } from './types.ts';

/** The facts that a score rests on, and the evidence. */
export const scoreInputs = {
  domain: companyDomains.domain, evidence: companyDomains.evidence, azureTenantId: companyDomains.azureTenantId,
  referralType: companyDomains.referralType, employees: companyDomains.employees,
};

/** Scores domains from their stored evidence, and their leads with them. Those without evidence are left alone. */
export async function rescoreDomains(tx: Tx, tenantId: string, domains: readonly string[], now = new Date()): Promise<void> {
  if (domains.length === 0) return;
  const rows = await tx
    .select(scoreInputs)
    .from(companyDomains)
    .where(and(eq(companyDomains.tenantId, tenantId), inArray(companyDomains.domain, [...domains]), isNotNull(companyDomains.evidence)))
    .orderBy(asc(companyDomains.domain))
    .for('update');
  if (rows.length === 0) return;
  const model = await selectModel(tx, tenantId);
  const scored = rows.map(({ domain, evidence, ...facts }) => ({ domain, ...scoreColumns(scoreOf(evidence as Evidence, facts, model, now)) }));
  await tx.execute(sql`
    update ${companyDomains} as d set score = incoming.score, segment = incoming.segment, priority = incoming.priority, mail_provider = incoming.mail_provider,
      tenant_size = incoming.tenant_size, breakdown = incoming.breakdown, model_version = incoming.model_version, scored_at = incoming.scored_at
    from ${recordset(companyDomains, scored)} where d.tenant_id = ${tenantId} and d.domain = incoming.domain`);
  await copyToLeadsOf(tx, tenantId, scored.map(({ domain }) => domain));
}

/** The columns of company_domains that a score fills. */
export function scoreColumns(breakdown: Breakdown) {
  const { score, segment, priority, mailProvider, tenantSize, model, scoredAt } = breakdown;
  return { score, segment, priority, mailProvider, tenantSize, breakdown, modelVersion: model, scoredAt: new Date(scoredAt) };
}

/** Brings what is kept of the domains on their live leads up to date. A lead that is so already is not written. */
export async function copyToLeadsOf(tx: Tx, tenantId: string, domains: readonly string[]): Promise<void> {
  if (domains.length === 0) return;
  await copy(tx, tenantId, sql`${leads} as l join ${companyDomains} as d on d.tenant_id = l.tenant_id and d.domain = l.domain`,
    sql`l.domain = any(${sql.param([...domains])}::text[]) and l.deleted_at is null and l.mirror_of is null`);
}

/** As `copyToLeadsOf`, for leads by their ids: those whose domain is unknown lose what they had of another one. */
export async function copyToLeads(tx: Tx, tenantId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await copy(tx, tenantId, leadsWithDomains(), sql`l.id = any(${sql.param([...ids])}::uuid[])`);
}

/** Every live lead of the tenant. */
export async function copyToAllLeads(tx: Tx, tenantId: string): Promise<void> {
  await copy(tx, tenantId, leadsWithDomains(), sql`l.deleted_at is null and l.mirror_of is null`);
}

const leadsWithDomains = () => sql`${leads} as l left join ${companyDomains} as d on d.tenant_id = l.tenant_id and d.domain = l.domain`;

/** A lead's row has many indexes: it is written only when something is different. */
async function copy(tx: Tx, tenantId: string, from: SQL, which: SQL): Promise<void> {
  await tx.execute(sql`
    update ${leads} set score = d.score, sort_score = coalesce(d.score, -1), segment = d.segment, priority = d.priority,
      mail_provider = d.mail_provider, tenant_size = d.tenant_size, referral_type = d.referral_type
    from (select l.id, d.* from ${from} where l.tenant_id = ${tenantId} and ${which}) as d
    where leads.tenant_id = ${tenantId} and leads.id = d.id
      and (leads.score, leads.segment, leads.priority, leads.mail_provider, leads.tenant_size, leads.referral_type)
        is distinct from (d.score, d.segment, d.priority, d.mail_provider, d.tenant_size, d.referral_type)`);
}
