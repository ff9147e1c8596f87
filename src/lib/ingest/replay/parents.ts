import { sql, type SQL } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import type { EntityName } from '../../records/registry.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { getColumn } from '../deletions.ts';
import type { Stream } from '../types.ts';
import { whereStream } from '../stream-key.ts';
import { type PlannedPage } from './evidence.ts';
import type { ReplaySource } from './types.ts';

/**
 * The parent stream of a partitioned stream, and what a dry run would have changed in it.
 */
export interface Parents {
  name: string;
  entity: EntityName;
  field: string;
  /**
   * Ids that would be inserted, and ids that would be deleted. Empty in a real replay, which has
   * changed the rows themselves.
   */
  born: ReadonlySet<string>;
  gone: ReadonlySet<string>;
}

/** The parents of a partitioned stream; undefined for others. */
export function findParents(
  source: ReplaySource,
  stream: Stream,
  projected: ReadonlyMap<string, Pick<Parents, 'born' | 'gone'>>,
): Parents | undefined {
  const { listing } = stream;
  if (listing.kind !== 'partitioned') return undefined;
  const parent = source.streams.find(({ name }) => name === listing.parents);
  if (parent === undefined)
    throw new Error(
      `${stream.name} names the parent stream "${listing.parents}", which does not exist`,
    );
  const { born = new Set<string>(), gone = new Set<string>() } = projected.get(parent.name) ?? {};
  return { name: parent.name, entity: parent.entity, field: listing.field, born, gone };
}

/** Which parents of the pages are live; undefined when the stream has none. */
export async function readLiveParents(
  source: ReplaySource,
  parents: Parents | undefined,
  pages: readonly PlannedPage[],
): Promise<Set<string> | undefined> {
  if (parents === undefined) return undefined;
  const wanted = pages.flatMap(({ partition }) => (partition === null ? [] : [partition]));
  const { table } = getEntityDefinition(parents.entity);
  const { rows } = await readTenant(source.tenantId, (tx) =>
    tx.execute<{ id: string }>(
      sql`select external_id as id from ${table} where ${whereStream(source, parents)}
        and deleted_at is null and external_id = any(${sql.param(wanted)}::text[])`,
    ),
  );
  return new Set(
    [...rows.map(({ id }) => id), ...wanted.filter((id) => parents.born.has(id))].filter(
      (id) => !parents.gone.has(id),
    ),
  );
}

/** The rows of a partitioned stream whose parent was deleted. */
export function whereParentDeleted(
  source: ReplaySource,
  stream: Stream,
  { name, entity, field, born, gone }: Parents,
): SQL {
  const { table } = getEntityDefinition(entity);
  const column = getColumn(stream, field);
  const dead = sql`select external_id from ${table} where ${whereStream(source, { name })}
    and deleted_at is not null`;
  return sql`((${column} in (${dead}) and not ${column} = any(${sql.param([...born])}::text[])) or
    ${column} = any(${sql.param([...gone])}::text[]))`;
}
