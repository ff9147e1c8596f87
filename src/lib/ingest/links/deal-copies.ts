import { and, eq, sql, type SQL } from 'drizzle-orm';
import type { Change, EntityRows } from '../../entities/definition.ts';
import { readColumns } from '../../entities/rows.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { LinkEnd } from '../../records/link.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { opportunities } from '../../schema/opportunities.ts';
import { selectByKeys, toEndArrays, whereLinked } from './ends.ts';
import { findCopies, type DealEdge, type DealNode } from './standing.ts';

type Deal = EntityRows['opportunity'];

/**
 * Lets transactions that may change which opportunities are copies take turns, until this one ends.
 * Two pages of two systems, each with one half of a deal, would otherwise not see each other. Taken
 * before rows are read or written, and before a push is locked.
 */
export async function lockDealCopies(tx: Tx, tenantId: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`deal copies ${tenantId}`}, 0))`,
  );
}

/** Which opportunity stands for each of those that links connect with the given records. */
export async function planDealCopies(
  tx: Tx,
  tenantId: string,
  ends: readonly LinkEnd[],
): Promise<Change<'opportunity'>[]> {
  const starts = new Map(ends.filter(isDealEnd).map((end) => [toKey(end), end]));
  if (starts.size === 0) return [];
  const links = await selectConnected(tx, tenantId, [...starts.values()]);
  const nodes = new Map<string, LinkEnd>(starts);
  for (const { from, to } of links) nodes.set(toKey(from), from).set(toKey(to), to);
  const deals = await selectDeals(tx, tenantId, [...nodes.values()]);
  const standing = findCopies(
    [...nodes].map(([key, end]) => ({ ...end, key }) as DealNode),
    links.map(({ from, to, pushed }): DealEdge => ({ from: toKey(from), to: toKey(to), pushed })),
    deals.map((deal) => ({ ...deal, key: toKey({ ...deal, entity: 'opportunity' }) })),
  );
  return deals.flatMap((before) => {
    const mirrorOf = standing.get(before.id) ?? null;
    return before.mirrorOf === mirrorOf ? [] : [{ before, after: { ...before, mirrorOf } }];
  });
}

/** Every lead and opportunity that links connect, to be looked at again, in batches. */
export async function listLinkedDeals(tx: Tx, tenantId: string): Promise<LinkEnd[][]> {
  const { rows } = await tx.execute<LinkEnd & Record<string, unknown>>(sql`
    select from_connection_id as "connectionId", from_entity as entity,
      from_external_id as "externalId"
    from ${externalLinks} as l where ${whereDealLink(tenantId)}
    union
    select connection_id, 'opportunity', external_id from ${opportunities}
    where tenant_id = ${tenantId} and mirror_of is not null`);
  const batches = Math.ceil(rows.length / batchSize);
  return Array.from({ length: batches }, (_, n) => rows.slice(n * batchSize, (n + 1) * batchSize));
}

const batchSize = 2_000;

const isDealEnd = ({ entity }: LinkEnd): boolean => entity === 'lead' || entity === 'opportunity';

const toKey = ({ connectionId, entity, externalId }: LinkEnd): string =>
  `${connectionId}/${entity}/${externalId}`;

/** A link `l` that makes two leads or opportunities one, which nobody has rejected. */
const whereDealLink = (tenantId: string): SQL => sql`
  l.relation = 'same' and l.from_entity in ('lead', 'opportunity')
  and l.to_entity in ('lead', 'opportunity') and ${whereLinked(tenantId)}`;

interface DealLink {
  from: LinkEnd;
  to: LinkEnd;
  pushed: boolean;
}

/** The links among all leads and opportunities that can be reached from the given ones. */
async function selectConnected(
  tx: Tx,
  tenantId: string,
  starts: readonly LinkEnd[],
): Promise<DealLink[]> {
  const far = (near: 'from' | 'to', other: 'from' | 'to') => sql`
    select ${column(other, 'connection_id')} as connection_id, ${column(other, 'entity')} as entity,
      ${column(other, 'external_id')} as external_id
    from ${externalLinks} as l where ${whereEnd(tenantId, near)} and ${whereDealLink(tenantId)}`;
  const { rows } = await tx.execute<Record<string, string> & { pushed: boolean }>(sql`
    with recursive node (connection_id, entity, external_id) as (
      select * from ${toEndArrays(starts)}
      union
      select far.connection_id, far.entity, far.external_id from node cross join lateral (
        ${far('from', 'to')} union all ${far('to', 'from')}) as far)
    select l.from_connection_id as "fromConnectionId", l.from_entity as "fromEntity",
      l.from_external_id as "fromExternalId", l.to_connection_id as "toConnectionId",
      l.to_entity as "toEntity", l.to_external_id as "toExternalId",
      bool_or(l.origin = 'push') as pushed
    from node join ${externalLinks} as l on ${whereEnd(tenantId, 'from')}
      and ${whereDealLink(tenantId)}
    group by 1, 2, 3, 4, 5, 6`);
  const toEnd = (row: Record<string, string>, side: 'from' | 'to') =>
    ({
      connectionId: row[`${side}ConnectionId`],
      entity: row[`${side}Entity`],
      externalId: row[`${side}ExternalId`],
    }) as LinkEnd;
  return rows.map((row) => ({
    from: toEnd(row, 'from'),
    to: toEnd(row, 'to'),
    pushed: row.pushed,
  }));
}

const column = (side: 'from' | 'to', name: string): SQL => sql.raw(`l.${side}_${name}`);

/** That an end of a link `l` is `node`. */
const whereEnd = (tenantId: string, side: 'from' | 'to'): SQL => sql`
  l.tenant_id = ${tenantId} and ${column(side, 'connection_id')} = node.connection_id
  and ${column(side, 'entity')} = node.entity and ${column(side, 'external_id')} = node.external_id`;

/** The live opportunities among the given records. */
async function selectDeals(tx: Tx, tenantId: string, ends: readonly LinkEnd[]): Promise<Deal[]> {
  const wanted = ends.filter(({ entity }) => entity === 'opportunity');
  const rows = await selectByKeys(tx, opportunities, readColumns(opportunities), tenantId, wanted);
  return (rows as unknown as Deal[]).filter(({ deletedAt }) => deletedAt === null);
}

/** Stores which opportunity stands for the changed ones. */
export async function writeDealCopies(
  tx: Tx,
  tenantId: string,
  changes: readonly Change<'opportunity'>[],
): Promise<void> {
  for (const { after } of changes)
    if (after !== null)
      await tx
        .update(opportunities)
        .set({ mirrorOf: after.mirrorOf })
        .where(and(eq(opportunities.tenantId, tenantId), eq(opportunities.id, after.id)));
}
