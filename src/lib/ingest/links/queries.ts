import { sql, type SQL } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import type { Tx } from '../../platform/db/pool.ts';
import {
  linkedEntities,
  type LinkEnd,
  type LinkOrigin,
  type LinkRelation,
  type MatchedBy,
} from '../../records/link.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { toEndArrays, whereNotRejected } from './ends.ts';

/** An end of a link with the record that it names, if we hold it. */
export interface NamedEnd extends LinkEnd {
  id: string | null;
  name: string | null;
}

/** A link as it is stored. */
export interface StoredLink {
  id: string;
  relation: LinkRelation;
  origin: LinkOrigin;
  matchedBy: MatchedBy | null;
  createdAt: string;
  /** Who linked or rejected. */
  by: string | null;
  rejectedAt: string | null;
  from: NamedEnd;
  to: NamedEnd;
}

/** A connected system that a record may be in. */
export interface LinkSystem {
  connectionId: string;
  label: string;
}

/** The most links that a page shows. */
const maxLinks = 100;

/**
 * The links of a lead, and of the leads and opportunities that are the same, with what people have
 * rejected; and the connected systems. One statement.
 */
export async function selectLinksOf(
  tx: Tx,
  tenantId: string,
  lead: LinkEnd,
): Promise<{ links: StoredLink[]; systems: LinkSystem[] }> {
  const { rows } = await tx.execute<{ links: StoredLink[]; systems: LinkSystem[] }>(sql`
    with recursive node (connection_id, entity, external_id) as (
      select * from ${toEndArrays([lead])}
      union
      select far.connection_id, far.entity, far.external_id from node cross join lateral (
        ${far(tenantId, 'from', 'to')} union all ${far(tenantId, 'to', 'from')}) as far),
    link as materialized (
      select distinct l.* from node join ${externalLinks} as l on ${isAt(tenantId, 'from')}
      union
      select distinct l.* from node join ${externalLinks} as l on ${isAt(tenantId, 'to')})
    select coalesce((select json_agg(json_build_object(
        'id', l.id, 'relation', l.relation, 'origin', l.origin, 'matchedBy', l.matched_by,
        'createdAt', l.created_at, 'rejectedAt', l.rejected_at,
        'by', (select name from users where users.id = l.created_by),
        'from', ${namedEnd(tenantId, 'from')}, 'to', ${namedEnd(tenantId, 'to')}) order by l.id)
      from (select * from link as l
        where l.rejected_at is not null or ${whereNotRejected(tenantId)}
        order by id limit ${maxLinks}) as l), '[]') as links,
      coalesce((select json_agg(json_build_object('connectionId', c.id, 'label', c.label)
        order by c.label, c.id) from connections as c where c.tenant_id = ${tenantId}), '[]')
        as systems`);
  return rows[0] ?? { links: [], systems: [] };
}

type Side = 'from' | 'to';

const column = (side: Side, name: string): SQL => sql.raw(`l.${side}_${name}`);

const isAt = (tenantId: string, side: Side): SQL => sql`
  l.tenant_id = ${tenantId} and ${column(side, 'connection_id')} = node.connection_id
  and ${column(side, 'entity')} = node.entity and ${column(side, 'external_id')} = node.external_id`;

/** What is the same lead or deal as `node`. */
const far = (tenantId: string, near: Side, other: Side): SQL => sql`
  select ${column(other, 'connection_id')} as connection_id, ${column(other, 'entity')} as entity,
    ${column(other, 'external_id')} as external_id
  from ${externalLinks} as l where ${isAt(tenantId, near)} and l.relation = 'same'
    and ${column(other, 'entity')} in ('lead', 'opportunity') and l.rejected_at is null
    and node.entity in ('lead', 'opportunity') and ${whereNotRejected(tenantId)}`;

/** An end of `l` as JSON, with the id and name of its live record. */
function namedEnd(tenantId: string, side: Side): SQL {
  const records = linkedEntities.map(
    (entity) => sql`
      select id, name from ${getEntityDefinition(entity).table} as record
      where ${column(side, 'entity')} = ${entity} and record.tenant_id = ${tenantId}
        and record.connection_id = ${column(side, 'connection_id')}
        and record.external_id = ${column(side, 'external_id')} and record.deleted_at is null`,
  );
  return sql`(select json_build_object('connectionId', ${column(side, 'connection_id')},
      'entity', ${column(side, 'entity')}, 'externalId', ${column(side, 'external_id')},
      'id', found.id, 'name', found.name)
    from (select 1) as one left join lateral (
      ${sql.join(records, sql` union all `)} limit 1) as found on true)`;
}
