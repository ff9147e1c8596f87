import { sql } from 'drizzle-orm';
import { equalsInOrder, withSortDisabled } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { LinkEnd } from '../../records/link.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { leads } from '../../schema/leads.ts';
import { opportunities } from '../../schema/opportunities.ts';
import { endsOf, toEnds, type EndsRow } from './store.ts';

/** Deals and leads of one name that are compared; more of one name say nothing about who is who. */
const maxNamesakes = 20;

/**
 * Finds the source's own opportunities of leads that are linked with another system, where the
 * source does not say whose they are: by name and company within one connection, and only when one
 * lead has them. Other leads need no such link, so none is stored. Returns the ends of the links
 * that came or went.
 */
export async function matchDealsByName(
  tx: Tx,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  names: readonly string[],
): Promise<LinkEnd[]> {
  const wanted = [...new Set(names)];
  if (wanted.length === 0 || !(await hasLinkedLeads(tx, tenantId, connectionId))) return [];
  const { rows } = await withSortDisabled(tx, () =>
    tx.execute<EndsRow>(sql`
      with wanted (name, lower_name) as (
        select * from unnest(${sql.param(wanted)}::text[],
          ${sql.param(wanted.map((name) => name.toLowerCase()))}::text[])),
      deal as materialized (
        select found.* from wanted cross join lateral (
          select name, company, external_id, deleted_at from ${opportunities}
          where tenant_id = ${tenantId} and ${equalsInOrder(sql`name`, sql`wanted.name`)}
            and connection_id = ${connectionId} and deleted_at is null
          order by name limit ${maxNamesakes}) as found),
      lead as materialized (
        select found.* from wanted cross join lateral (
          select sort_name, company, external_id from ${leads}
          where tenant_id = ${tenantId} and ${equalsInOrder(sql`sort_name`, sql`wanted.lower_name`)}
            and connection_id = ${connectionId} and mirror_of is null and deleted_at is null
          order by sort_name limit ${maxNamesakes}) as found),
      sole as (
        select sort_name, lower(company) as company, min(external_id) as external_id from lead
        group by 1, 2 having count(distinct external_id) = 1),
      pair as (
        select deal.external_id as deal_id, sole.external_id as lead_id
        from deal join sole on sole.sort_name = lower(deal.name)
          and sole.company is not distinct from lower(deal.company)
        where exists (select from ${externalLinks} as l where l.tenant_id = ${tenantId}
          and l.from_connection_id = ${connectionId} and l.from_entity = 'lead'
          and l.from_external_id = sole.external_id and l.origin in ('push', 'manual')
          and l.rejected_at is null)),
      added as (
        insert into ${externalLinks} as l (tenant_id, from_connection_id, from_entity,
          from_external_id, to_connection_id, to_entity, to_external_id, relation, origin,
          matched_by)
        select ${tenantId}::uuid, ${connectionId}::uuid, 'opportunity', deal_id,
          ${connectionId}::uuid, 'lead', lead_id, 'same', 'match', 'name' from pair
        on conflict do nothing returning ${endsOf('l')}),
      gone as (
        delete from ${externalLinks} as l using deal
        where l.tenant_id = ${tenantId} and l.from_connection_id = ${connectionId}
          and l.from_entity = 'opportunity' and l.from_external_id = deal.external_id
          and l.origin = 'match' and l.matched_by = 'name'
          and not exists (select from pair where pair.deal_id = l.from_external_id
            and pair.lead_id = l.to_external_id)
        returning ${endsOf('l')})
      select * from added union all select * from gone`),
  );
  return toEnds(rows);
}

/** Whether any lead of the connection is linked with another system: mostly there is none. */
async function hasLinkedLeads(tx: Tx, tenantId: string, connectionId: string): Promise<boolean> {
  const { rows } = await tx.execute<{ has: boolean }>(sql`
    select exists (select from ${externalLinks} as l where l.tenant_id = ${tenantId}
      and l.from_connection_id = ${connectionId} and l.from_entity = 'lead'
      and l.origin in ('push', 'manual')) as has`);
  return rows[0]?.has ?? false;
}
