import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { companies } from '../../schema/companies.ts';
import { contacts } from '../../schema/contacts.ts';
import type { Change, DerivedWrite } from '../../entities/definition.ts';
import { leads } from '../../schema/leads.ts';
import { referralTypes } from '../../records/referral.ts';
import { referrals } from '../../schema/referrals.ts';
import { copyToAllLeads, copyToLeads, copyToDomainLeads, rescoreDomains } from '../apply.ts';
import { withSortDisabled } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { whereLeadEngineOn } from '../schedule.ts';
import { findAffectedDomains, type DomainEntity } from './compute.ts';
import { whereDomain } from './lookup.ts';
import { companyDomains } from '../../schema/company-domains.ts';

/** Returns the function that brings company domains up to date with changes of one entity. */
export function refreshCompanyDomains<Name extends DomainEntity>(name: Name) {
  return (tenantId: string, changes: readonly Change<Name>[]): DerivedWrite => {
    const { domains, leadIds } = findAffectedDomains(name, changes);
    return async (tx) => {
      await reconcileDomains(tx, tenantId, domains);
      await copyToLeads(tx, tenantId, leadIds);
    };
  };
}

/** Domains per statement when all of a tenant are recounted. */
const batchSize = 1000;

/**
 * Recomputes the company domains of a tenant from the rows that have them: which domains there are,
 * their facts, and the copies on their leads.
 */
export async function recountCompanyDomains(tx: Tx, tenantId: string): Promise<void> {
  const { rows } = await withSortDisabled(tx, () =>
    tx.execute<{ domain: string }>(sql`
      with named as (${selectNamedDomains(tenantId)}),
        kept as (select * from ${companyDomains} where tenant_id = ${tenantId})
      select coalesce(named.domain, kept.domain) as domain
      from named full join kept on kept.domain = named.domain
      left join lateral ${selectFacts(tenantId, sql`named.domain`)} as f on true
      where kept.domain is null or named.domain is null or ${isOutdated(sql`kept`)} order by 1`),
  );
  const domains = rows.map(({ domain }) => domain);
  for (let from = 0; from < domains.length; from += batchSize)
    await reconcileDomains(tx, tenantId, domains.slice(from, from + batchSize));
  await copyToAllLeads(tx, tenantId);
}

/**
 * Brings domains (sorted, each once) up to date with the rows that have them, and their scores and
 * leads with them. Domains that no row has any more are deleted. It locks all of the domains first,
 * in order, so that two writers never deadlock and each reads what the one before has written.
 */
async function reconcileDomains(
  tx: Tx,
  tenantId: string,
  domains: readonly string[],
): Promise<void> {
  if (domains.length === 0) return;
  const wanted = sql`unnest(${sql.param([...domains])}::text[]) as wanted (domain)`;
  await insertOrLock(tx, tenantId, wanted);
  const changed = await writeFacts(tx, tenantId, wanted);
  const [scored, unscored] = [true, false].map((isScored) =>
    changed.filter((row) => row.scored === isScored).map(({ domain }) => domain),
  );
  await rescoreDomains(tx, tenantId, scored ?? []);
  await copyToDomainLeads(tx, tenantId, unscored ?? []);
}

/** Inserts the domains that are missing and makes them due for a scan; locks the others. */
async function insertOrLock(tx: Tx, tenantId: string, wanted: SQL): Promise<void> {
  const dueNow = sql`case when ${whereLeadEngineOn(tenantId)} then now() end`;
  await tx.execute(sql`
    insert into ${companyDomains} as d (tenant_id, domain, scan_due_at)
    select ${tenantId}::uuid, domain, ${dueNow} from ${wanted} order by domain
    on conflict (tenant_id, domain) do update set scan_due_at = excluded.scan_due_at
    where d.scan_due_at is null and excluded.scan_due_at is not null`);
}

/** Deletes domains that no row has, and returns those whose facts have changed. */
async function writeFacts(
  tx: Tx,
  tenantId: string,
  wanted: SQL,
): Promise<{ domain: string; scored: boolean }[]> {
  const { rows } = await withSortDisabled(tx, () =>
    tx.execute<{ domain: string; scored: boolean }>(sql`
      with facts as materialized (
        select wanted.domain as of, f.*, ${isOutdated(sql`kept`)} as off
        from ${wanted}, lateral ${selectFacts(tenantId, sql`wanted.domain`)} as f,
          lateral (
            select * from ${companyDomains}
            where tenant_id = ${tenantId} and domain = wanted.domain limit 1) as kept),
      gone as (
        delete from ${companyDomains}
        where tenant_id = ${tenantId} and domain = any(array(select of from facts where not named)))
      update ${companyDomains} as d
      set name = f.name, azure_tenant_id = f.azure_tenant_id,
        referral_type = f.referral_type, employees = f.employees
      from facts as f
      where d.tenant_id = ${tenantId}
        and d.domain = any(array(select of from facts where named and off)) and d.domain = f.of
      returning d.domain, d.evidence is not null as scored`),
  );
  return rows;
}

/**
 * A sub-select with the facts of one domain from the live rows that have it; `named` is false when
 * there are none. The name comes from the oldest company, or without one from the oldest referral,
 * or the oldest lead.
 */
function selectFacts(tenantId: string, domain: SQL): SQL {
  const rows = (table: PgTable, columns: SQL) =>
    sql`select ${columns} from ${table} where ${whereDomain(tenantId, domain)} order by domain`;
  return sql`(
    select coalesce(c.name, r.name, l.name) as name, r.azure_tenant_id, r.referral_type,
      greatest(c.employees, r.employees) as employees,
      c.named or r.named or coalesce(l.named, p.named, false) as named
    from (${selectCompanyFacts(rows(companies, sql`id, name, employees`))}) as c,
      (${selectReferralFacts(rows(referrals, referralColumns))}) as r,
      (${selectLeadFacts(whereDomain(tenantId, domain))}) as l,
      (select (${rows(contacts, sql`true`)} limit 1) as named) as p)`;
}

const referralColumns = sql`id, company_name, azure_tenant_id, referral_type, employees`;

const selectCompanyFacts = (rows: SQL): SQL => sql`
  select count(*) > 0 as named, (array_agg(name order by id))[1] as name,
    max(employees) as employees
  from (${rows}) as c`;

const strongestFirst = sql`${sql.param([...referralTypes])}::text[]`;

const selectReferralFacts = (rows: SQL): SQL => sql`
  select count(*) > 0 as named,
    (array_agg(company_name order by id) filter (where company_name is not null))[1] as name,
    (array_agg(azure_tenant_id order by id desc)
      filter (where azure_tenant_id is not null))[1] as azure_tenant_id,
    (${strongestFirst})[min(array_position(${strongestFirst}, referral_type))] as referral_type,
    max(employees) as employees
  from (${rows}) as r`;

function selectLeadFacts(ofDomain: SQL): SQL {
  const ownLeads = sql`${leads} where ${ofDomain} and mirror_of is null`;
  return sql`
    select (select true from ${ownLeads} order by domain limit 1) as named,
      (select company from ${ownLeads} and company is not null
        order by domain, id limit 1) as name`;
}

/** Whether a row of company_domains differs from the facts `f`. */
const isOutdated = (row: SQL) => sql`
  (${row}.name, ${row}.azure_tenant_id, ${row}.referral_type, ${row}.employees)
  is distinct from (f.name, f.azure_tenant_id, f.referral_type, f.employees)`;

function selectNamedDomains(tenantId: string): SQL {
  const live = sql`tenant_id = ${tenantId} and deleted_at is null and domain is not null`;
  return sql`
    select domain from ${leads} where ${live} and mirror_of is null
    union select domain from ${referrals} where ${live}
    union select domain from ${companies} where ${live}
    union select domain from ${contacts} where ${live}`;
}
