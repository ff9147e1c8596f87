import { sql, type SQL } from 'drizzle-orm';
import { recordset } from '../../platform/db/bulk.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { LinkEnd, LinkOrigin, LinkRelation } from '../../records/link.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { toEndArrays } from './ends.ts';

/** What one origin says of two records. */
export interface NewLink {
  from: LinkEnd;
  to: LinkEnd;
  relation: LinkRelation;
}

/**
 * Makes the links that an origin has from some records equal those given, and returns the ends of
 * what was added or taken away. `within` restricts which of its present links it speaks about.
 */
export async function replaceLinks(
  tx: Tx,
  tenantId: string,
  origin: Exclude<LinkOrigin, 'manual'>,
  from: readonly LinkEnd[],
  links: readonly NewLink[],
  within: SQL = sql`true`,
): Promise<LinkEnd[]> {
  if (from.length === 0) return [];
  const wanted = links.map((link) => ({ tenantId, ...toColumns(link), origin }));
  const isWanted =
    wanted.length === 0
      ? sql`false`
      : sql`exists (select from ${recordset(externalLinks, wanted)}
          where incoming.from_connection_id = l.from_connection_id
            and incoming.from_entity = l.from_entity
            and incoming.from_external_id = l.from_external_id
            and incoming.to_connection_id = l.to_connection_id and incoming.to_entity = l.to_entity
            and incoming.to_external_id = l.to_external_id and incoming.relation = l.relation)`;
  const gone = await tx.execute<EndsRow>(sql`
    delete from ${externalLinks} as l
    using ${toEndArrays(from)} as own (connection_id, entity, external_id)
    where l.tenant_id = ${tenantId} and l.from_connection_id = own.connection_id
      and l.from_entity = own.entity and l.from_external_id = own.external_id
      and l.origin = ${origin} and ${within} and not ${isWanted}
    returning ${endsOf('l')}`);
  if (wanted.length === 0) return toEnds(gone.rows);
  const added = await tx.execute<EndsRow>(sql`
    insert into ${externalLinks} as l (${sql.raw(columns.join(', '))})
    select ${sql.raw(columns.join(', '))} from ${recordset(externalLinks, wanted)}
    on conflict do nothing returning ${endsOf('l')}`);
  return toEnds([...gone.rows, ...added.rows]);
}

/** Deletes every link of records that are deleted for good; returns what they were linked with. */
export async function deleteLinksOf(
  tx: Tx,
  tenantId: string,
  ends: readonly LinkEnd[],
): Promise<LinkEnd[]> {
  if (ends.length === 0) return [];
  const all: EndsRow[] = [];
  for (const side of ['from', 'to']) {
    const { rows } = await tx.execute<EndsRow>(sql`
      delete from ${externalLinks} as l
      using ${toEndArrays(ends)} as own (connection_id, entity, external_id)
      where l.tenant_id = ${tenantId}
        and ${sql.raw(`l.${side}_connection_id`)} = own.connection_id
        and ${sql.raw(`l.${side}_entity`)} = own.entity
        and ${sql.raw(`l.${side}_external_id`)} = own.external_id
      returning ${endsOf('l')}`);
    all.push(...rows);
  }
  return toEnds(all);
}

const columns = [
  'tenant_id',
  'from_connection_id',
  'from_entity',
  'from_external_id',
  'to_connection_id',
  'to_entity',
  'to_external_id',
  'relation',
  'origin',
];

/** A link as the columns that say what it links. */
export const toColumns = ({ from, to, relation }: NewLink) => ({
  fromConnectionId: from.connectionId,
  fromEntity: from.entity,
  fromExternalId: from.externalId,
  toConnectionId: to.connectionId,
  toEntity: to.entity,
  toExternalId: to.externalId,
  relation,
});

/** Both ends of a deleted or inserted link. */
export interface EndsRow extends Record<string, unknown> {
  from: [string, LinkEnd['entity'], string];
  to: [string, LinkEnd['entity'], string];
}

/** Selects the ends of a link, as `toEnds` reads them. */
export const endsOf = (link: string): SQL =>
  sql.raw(
    ['from', 'to']
      .map(
        (side) =>
          `json_build_array(${link}.${side}_connection_id, ${link}.${side}_entity, ` +
          `${link}.${side}_external_id) as "${side}"`,
      )
      .join(', '),
  );

export const toEnds = (rows: readonly EndsRow[]): LinkEnd[] =>
  rows.flatMap(({ from, to }) =>
    [from, to].map(([connectionId, entity, externalId]) => ({ connectionId, entity, externalId })),
  );
