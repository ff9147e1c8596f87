import { sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { getEntityDefinition } from '../../entities/registry.ts';
import { getKeyColumns } from '../../entities/rows.ts';
import { equalsInOrder, withSortDisabled } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { isLinked, type LinkEnd } from '../../records/link.ts';
import type { EntityName } from '../../records/registry.ts';
import { externalLinks } from '../../schema/external-links.ts';

/** Ends of links as a set of rows: connection, entity, id at the source. */
export const toEndArrays = (ends: readonly LinkEnd[]): SQL => sql`unnest(
  ${sql.param(ends.map(({ connectionId }) => connectionId))}::uuid[],
  ${sql.param(ends.map(({ entity }) => entity))}::text[],
  ${sql.param(ends.map(({ externalId }) => externalId))}::text[])`;

/** That a link `l` says that its ends are linked, and nobody has said that they are not. */
export const whereLinked = (tenantId: string): SQL => sql`
  l.tenant_id = ${tenantId} and l.rejected_at is null and ${whereNotRejected(tenantId)}`;

/** That nobody has said of the two ends of `l`, in either order, that they are not linked so. */
export const whereNotRejected = (tenantId: string): SQL => sql`
  not exists (select from ${externalLinks} as r where r.tenant_id = ${tenantId}
    and r.relation = l.relation and r.origin = 'manual' and r.rejected_at is not null
    and ${isPair('from', 'to')})
  and not exists (select from ${externalLinks} as r where r.tenant_id = ${tenantId}
    and r.relation = l.relation and r.origin = 'manual' and r.rejected_at is not null
    and ${isPair('to', 'from')})`;

const isPair = (from: 'from' | 'to', to: 'from' | 'to'): SQL =>
  sql.raw(
    [
      ['from', from],
      ['to', to],
    ]
      .flatMap(([side, other]) =>
        ['connection_id', 'entity', 'external_id'].map(
          (name) => `r.${side}_${name} = l.${other}_${name}`,
        ),
      )
      .join(' and '),
  );

/**
 * The rows of an entity with the given keys. Each is looked up by its key, as `readExisting` does:
 * for many at once the planner would read the whole tenant.
 */
export async function selectByKeys(
  tx: Tx,
  table: PgTable,
  columns: Record<string, PgColumn>,
  tenantId: string,
  ends: readonly LinkEnd[],
): Promise<unknown[]> {
  if (ends.length === 0) return [];
  const keys = getKeyColumns(table);
  const one = tx
    .select(columns)
    .from(table)
    .where(
      sql`${keys.tenantId} = ${tenantId} and ${keys.connectionId} = wanted.connection_id
        and ${equalsInOrder(keys.externalId, sql`wanted.external_id`)}`,
    )
    .orderBy(keys.externalId)
    .as('found');
  const rows = await withSortDisabled(tx, () =>
    tx
      .select()
      .from(sql`${toEndArrays(ends)} as wanted (connection_id, entity, external_id)`)
      .innerJoinLateral(one, sql`true`),
  );
  return (rows as unknown as { found: unknown }[]).map(({ found }) => found);
}

/** The keys of rows by their ids; none for an entity whose records are not linked. */
export async function selectEnds(
  tx: Tx,
  tenantId: string,
  entity: EntityName,
  ids: readonly string[],
): Promise<LinkEnd[]> {
  if (!isLinked(entity) || ids.length === 0) return [];
  const { rows } = await tx.execute<LinkEnd & Record<string, unknown>>(sql`
    select connection_id as "connectionId", ${entity}::text as entity, external_id as "externalId"
    from ${getEntityDefinition(entity).table}
    where tenant_id = ${tenantId} and id = any(${sql.param([...ids])}::uuid[])`);
  return rows;
}
