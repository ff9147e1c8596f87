import { and, asc, eq, inArray, isNotNull, sql, type SQL } from 'drizzle-orm';
import { leads } from '../schema/leads.ts';
import { recordset } from '../platform/db/bulk.ts';
import { equalsInOrder, withSortDisabled } from '../platform/db/planner.ts';
import type { Tx } from '../platform/db/pool.ts';
import type { Evidence } from '../posture/types.ts';
import { whereDomain } from './company-domains/lookup.ts';
import { companyDomains } from '../schema/company-domains.ts';
import { selectModel } from './models.ts';
import { computeScore } from './score.ts';
import type { Breakdown } from './types.ts';

/** The columns that a score is computed from: the evidence and the facts. */
export const scoreInputs = {
  domain: companyDomains.domain,
  evidence: companyDomains.evidence,
  azureTenantId: companyDomains.azureTenantId,
  referralType: companyDomains.referralType,
  employees: companyDomains.employees,
};

/**
 * Rescores domains from their stored evidence and copies the results to their leads. Skips domains
 * without evidence.
 */
export async function rescoreDomains(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
  now = new Date(),
): Promise<void> {
  if (domains.length === 0) return;
  const rows = await lockScoreInputs(tx, tenantId, domains);
  if (rows.length === 0) return;
  const model = await selectModel(tx, tenantId);
  const scored = rows.map(({ domain, evidence, ...facts }) => ({
    domain,
    ...toScoreColumns(computeScore(evidence as Evidence, facts, model, now)),
  }));
  await writeScores(tx, tenantId, scored);
  await copyToDomainLeads(
    tx,
    tenantId,
    rows.map(({ domain }) => domain),
  );
}

/** In order of the domains, so that two transactions never deadlock. */
function lockScoreInputs(tx: Tx, tenantId: string, domains: readonly string[]) {
  return tx
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
}

async function writeScores(
  tx: Tx,
  tenantId: string,
  scored: readonly { domain: string }[],
): Promise<void> {
  const domains = scored.map(({ domain }) => domain);
  await tx.execute(sql`
    update ${companyDomains} as d
    set score = incoming.score, segment = incoming.segment, priority = incoming.priority,
      mail_provider = incoming.mail_provider, tenant_size = incoming.tenant_size,
      breakdown = incoming.breakdown, model_version = incoming.model_version,
      scored_at = incoming.scored_at
    from ${recordset(companyDomains, scored)}
    where d.tenant_id = ${tenantId} and d.domain = any(${sql.param(domains)}::text[])
      and d.domain = incoming.domain`);
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
 * Copies the scores of domains to their live leads. Leads that are up to date are not written.
 * Fails with a lock timeout when another transaction holds the leads for long; the caller's job
 * retries.
 */
export async function copyToDomainLeads(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
): Promise<void> {
  if (domains.length === 0) return;
  // A transaction that changes these leads may be about to wait for their domains, which this one
  // holds. The short timeout ends this one, to be retried, long before the database would detect
  // the deadlock.
  await tx.execute(sql`set local lock_timeout = '300ms'`);
  const ownLeads = sql`lateral (
    select * from ${leads}
    where ${whereDomain(tenantId, sql`d.domain`)} and mirror_of is null order by domain) as l`;
  const from = sql`${companyDomains} as d, ${ownLeads}
    where d.tenant_id = ${tenantId} and d.domain = any(${sql.param([...domains])}::text[])`;
  await withSortDisabled(tx, () => copyScores(tx, tenantId, from));
  await tx.execute(sql`set local lock_timeout to default`);
}

/**
 * As `copyToDomainLeads`, for leads by id. Leads without a stored domain lose the score that they
 * had from an earlier one.
 */
export async function copyToLeads(tx: Tx, tenantId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const wanted = sql`unnest(${sql.param([...ids])}::uuid[]) as wanted (id)`;
  // Lateral joins look up each row by its key.
  const lead = sql`lateral (
    select * from ${leads}
    where tenant_id = ${tenantId} and ${equalsInOrder(sql`id`, sql`wanted.id`)}
    order by id limit 1) as l`;
  const domain = sql`lateral (
    select * from ${companyDomains}
    where tenant_id = ${tenantId} and ${equalsInOrder(sql`domain`, sql`l.domain`)}
    order by domain limit 1) as d`;
  const from = sql`${wanted}, ${lead} left join ${domain} on true where true`;
  await withSortDisabled(tx, () => copyScores(tx, tenantId, from));
}

/** As `copyToDomainLeads`, for all live leads of the tenant. */
export async function copyToAllLeads(tx: Tx, tenantId: string): Promise<void> {
  const from = sql`${leads} as l
    left join ${companyDomains} as d on d.tenant_id = l.tenant_id and d.domain = l.domain
    where l.tenant_id = ${tenantId} and l.deleted_at is null and l.mirror_of is null`;
  await copyScores(tx, tenantId, from);
}

/** The columns of a lead that are copies from its company domain. */
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
 * Copies the columns from domains `d` to leads `l`. Writes only leads that differ, because each
 * write of a lead updates many indexes.
 */
async function copyScores(tx: Tx, tenantId: string, from: SQL): Promise<void> {
  const assignments = sql.raw(copiedColumns.map((name) => `${name} = off.${name}`).join(', '));
  await tx.execute(sql`
    with off as materialized (
      select l.id, ${listColumns('d')} from ${from}
        and (${listColumns('l')}) is distinct from (${listColumns('d')}))
    update ${leads} set ${assignments}, sort_score = coalesce(off.score, -1) from off
    where leads.tenant_id = ${tenantId} and leads.id = any(array(select id from off))
      and leads.id = off.id`);
}
