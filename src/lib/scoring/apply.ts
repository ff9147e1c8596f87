import { and, asc, eq, inArray, isNotNull, sql, type SQL } from 'drizzle-orm';
import { leads } from '../schema/leads.ts';
import { recordset } from '../platform/db/bulk.ts';
import { withSortDisabled } from '../platform/db/sort-disabled.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { Evidence } from '../posture/types.ts';
import { whereDomain } from './company-domains/lookup.ts';
import { companyDomains } from '../schema/company-domains.ts';
import { selectModel } from './models.ts';
import { computeScore } from './score.ts';
import type { Breakdown } from './types.ts';

/** The facts that a score rests on, and the evidence. */
export const scoreInputs = {
  domain: companyDomains.domain,
  evidence: companyDomains.evidence,
  azureTenantId: companyDomains.azureTenantId,
  referralType: companyDomains.referralType,
  employees: companyDomains.employees,
};

/**
 * Scores domains from their stored evidence, and their leads with them. Those without evidence are
 * left alone.
 */
export async function rescoreDomains(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
  now = new Date(),
): Promise<void> {
  if (domains.length === 0) return;
  const rows = await tx
    .select(scoreInputs)
    .from(companyDomains)
    .where(
      and(
        eq(companyDomains.tenantId, tenantId),
        inArray(companyDomains.domain, [...domains]),
        isNotNull(companyDomains.evidence),
      ),
    )
    .orderBy(asc(companyDomains.domain))
    .for('update');
  if (rows.length === 0) return;
  const model = await selectModel(tx, tenantId);
  const found = rows.map(({ domain }) => domain);
  const scored = rows.map(({ domain, evidence, ...facts }) => ({
    domain,
    ...toScoreColumns(computeScore(evidence as Evidence, facts, model, now)),
  }));
  await tx.execute(sql`
    update ${companyDomains} as d set score = incoming.score, segment = incoming.segment, priority = incoming.priority, mail_provider = incoming.mail_provider,
      tenant_size = incoming.tenant_size, breakdown = incoming.breakdown, model_version = incoming.model_version, scored_at = incoming.scored_at
    from ${recordset(companyDomains, scored)} where d.tenant_id = ${tenantId} and d.domain = any(${sql.param(found)}::text[]) and d.domain = incoming.domain`);
  await copyToDomainLeads(tx, tenantId, found);
}

/** The columns of company_domains that a score fills. */
export function toScoreColumns(breakdown: Breakdown) {
  const { score, segment, priority, mailProvider, tenantSize, model, scoredAt } = breakdown;
  return {
    score,
    segment,
    priority,
    mailProvider,
    tenantSize,
    breakdown,
    modelVersion: model,
    scoredAt: new Date(scoredAt),
  };
}

/**
 * Brings what is kept of the domains on their live leads up to date. A lead that is so already is
 * not written.
 */
export async function copyToDomainLeads(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
): Promise<void> {
  if (domains.length === 0) return;
  // Whoever changes these leads may be about to wait for their domains, which this transaction
  // holds: it gives way, long before the database would have to end one of the two, and is
  // repeated.
  await tx.execute(sql`set local lock_timeout = '300ms'`);
  const own = sql`lateral (select * from ${leads} where ${whereDomain(tenantId, sql`d.domain`)} and mirror_of is null order by domain) as l`;
  await withSortDisabled(tx, () =>
    copyScores(
      tx,
      tenantId,
      sql`${companyDomains} as d, ${own} where d.tenant_id = ${tenantId} and d.domain = any(${sql.param([...domains])}::text[])`,
    ),
  );
  await tx.execute(sql`set local lock_timeout to default`);
}

/**
 * As `copyToDomainLeads`, for leads by their ids: those whose domain is unknown lose what they had of
 * another one.
 */
export async function copyToLeads(tx: Tx, tenantId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const wanted = sql`unnest(${sql.param([...ids])}::uuid[]) as wanted (id)`;
  // Row by row, through the keys: of a tenant that is read for the first time the planner would
  // else read all rows.
  const lead = sql`lateral (select * from ${leads} where tenant_id = ${tenantId} and id = wanted.id limit 1) as l`;
  const domain = sql`lateral (select * from ${companyDomains} where tenant_id = ${tenantId} and domain = l.domain limit 1) as d`;
  await copyScores(tx, tenantId, sql`${wanted}, ${lead} left join ${domain} on true where true`);
}

/** Every live lead of the tenant. */
export async function copyToAllLeads(tx: Tx, tenantId: string): Promise<void> {
  const of = sql`d.tenant_id = l.tenant_id and d.domain = l.domain`;
  await copyScores(
    tx,
    tenantId,
    sql`${leads} as l left join ${companyDomains} as d on ${of} where l.tenant_id = ${tenantId} and l.deleted_at is null and l.mirror_of is null`,
  );
}

/** What a lead holds of its company. */
const copiedColumns = [
  'score',
  'segment',
  'priority',
  'mail_provider',
  'tenant_size',
  'referral_type',
];
const listColumns = (alias: string): SQL =>
  sql.raw(copiedColumns.map((name) => `${alias}.${name}`).join(', '));

/**
 * Of leads `l` with their domains `d`, writes those that hold something else: a lead's row has many
 * indexes.
 */
async function copyScores(tx: Tx, tenantId: string, from: SQL): Promise<void> {
  const assignments = sql.raw(copiedColumns.map((name) => `${name} = off.${name}`).join(', '));
  await tx.execute(sql`
    with off as materialized (select l.id, ${listColumns('d')} from ${from} and (${listColumns('l')}) is distinct from (${listColumns('d')}))
    update ${leads} set ${assignments}, sort_score = coalesce(off.score, -1) from off
    where leads.tenant_id = ${tenantId} and leads.id = any(array(select id from off)) and leads.id = off.id`);
}
