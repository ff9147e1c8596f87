import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Change } from '../../entities/definition.ts';
import { getEntityDefinition } from '../../entities/registry.ts';
import { equalsInOrder, withHashing, withSortDisabled } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import type { LinkEnd, LinkRelation, LinkedEntity, MatchedBy } from '../../records/link.ts';
import type { EntityName } from '../../records/registry.ts';
import { externalLinks } from '../../schema/external-links.ts';
import { toEndArrays } from './ends.ts';

/** Two kinds of records that are linked when they have a value in common. */
interface Matcher {
  by: MatchedBy;
  relation: LinkRelation;
  from: LinkedEntity;
  to: LinkedEntity;
  /** The property that is compared, and its column. */
  key: 'emailKey' | 'domain';
  column: 'email_key' | 'domain';
}

/**
 * A person by the e-mail address, and the company of a person by the domain, which is none at a
 * mailbox provider (src/lib/records/shared-hosts.ts). Always across connections: within one, the
 * system says itself what belongs together.
 */
const matchers: readonly Matcher[] = [
  {
    by: 'email',
    relation: 'same',
    from: 'lead',
    to: 'contact',
    key: 'emailKey',
    column: 'email_key',
  },
  {
    by: 'domain',
    relation: 'parent',
    from: 'lead',
    to: 'company',
    key: 'domain',
    column: 'domain',
  },
  {
    by: 'domain',
    relation: 'parent',
    from: 'contact',
    to: 'company',
    key: 'domain',
    column: 'domain',
  },
];

/** The most records that one is linked with by one value. */
const maxPartners = 100;

type Row = { connectionId: string; externalId: string } & Record<string, unknown>;

/**
 * Brings the matches of changed records up to date, in the transaction of the changes. Costs
 * nothing for records whose address and domain stay as they are.
 */
export async function matchChanges(
  tx: Tx,
  tenantId: string,
  entity: EntityName,
  changes: readonly Change[],
): Promise<void> {
  const own = matchers.filter(({ from, to }) => from === entity || to === entity);
  if (own.length === 0) return;
  const partners = own.map(({ from, to }) => (from === entity ? to : from));
  const present = await selectPresent(tx, tenantId, partners);
  for (const matcher of own.filter((_, index) => present.has(partners[index] ?? entity)))
    for (const side of ['from', 'to'] as const) {
      if (matcher[side] !== entity) continue;
      const moved = (changes as readonly { before: Row | null; after: Row | null }[]).filter(
        ({ before, after }) => readKey(matcher, before) !== readKey(matcher, after),
      );
      const toEnd = ({ connectionId, externalId }: Row): LinkEnd => ({
        connectionId,
        entity: matcher[side],
        externalId,
      });
      const lost = moved.flatMap(({ before }) => (before === null ? [] : [before]));
      await deleteMatches(tx, tenantId, matcher, side, lost.map(toEnd));
      const found = moved.flatMap(({ after }) => (after === null ? [] : [after]));
      const keyed = found.filter((row) => readKey(matcher, row) !== null);
      await insertMatches(tx, tenantId, matcher, side, keyed.map(toEnd), {
        keys: keyed.map((row) => readKey(matcher, row) ?? ''),
      });
    }
}

/** Which of the entities the tenant has any rows of: without partners nothing can match. */
async function selectPresent(
  tx: Tx,
  tenantId: string,
  entities: readonly LinkedEntity[],
): Promise<Set<string>> {
  const checks = entities.map(
    (entity) => sql`select ${entity}::text as entity
      where exists (select from ${tableOf(entity)} where tenant_id = ${tenantId})`,
  );
  const { rows } = await tx.execute<{ entity: string }>(sql.join(checks, sql` union `));
  return new Set(rows.map(({ entity }) => entity));
}

/** The value that counts: none for a deleted record, or for the copy of a lead. */
function readKey({ key }: Matcher, row: Row | null): string | null {
  if (row === null || (row['mirrorOf'] ?? null) !== null) return null;
  const value = row[key];
  return typeof value === 'string' ? value : null;
}

async function deleteMatches(
  tx: Tx,
  tenantId: string,
  { by, relation, from, to }: Matcher,
  side: 'from' | 'to',
  ends: readonly LinkEnd[],
): Promise<void> {
  if (ends.length === 0) return;
  const own = (name: string) => sql.raw(`l.${side}_${name}`);
  await tx.execute(sql`
    delete from ${externalLinks} as l
    using ${toEndArrays(ends)} as own (connection_id, entity, external_id)
    where l.tenant_id = ${tenantId} and ${own('connection_id')} = own.connection_id
      and ${own('entity')} = own.entity and ${own('external_id')} = own.external_id
      and l.from_entity = ${from} and l.to_entity = ${to} and l.relation = ${relation}
      and l.origin = 'match' and l.matched_by = ${by}`);
}

async function insertMatches(
  tx: Tx,
  tenantId: string,
  matcher: Matcher,
  side: 'from' | 'to',
  ends: readonly LinkEnd[],
  { keys }: { keys: readonly string[] },
): Promise<void> {
  if (ends.length === 0) return;
  const other = side === 'from' ? 'to' : 'from';
  const column = sql.identifier(matcher.column);
  const given = sql`unnest(${sql.param(ends.map(({ connectionId }) => connectionId))}::uuid[],
    ${sql.param(ends.map(({ externalId }) => externalId))}::text[],
    ${sql.param([...keys])}::text[]) as ${sql.identifier(side)} (connection_id, external_id, key)`;
  const partner = sql`lateral (
    select connection_id, external_id, ${column} as key from ${tableOf(matcher[other])}
    where tenant_id = ${tenantId}
      and ${equalsInOrder(column, sql`${sql.identifier(side)}.key`)}
      and deleted_at is null and ${whereOwn(matcher[other])}
    order by ${column} limit ${maxPartners}) as ${sql.identifier(other)}`;
  await withSortDisabled(tx, () => insertPairs(tx, tenantId, matcher, sql`${given}, ${partner}`));
}

/** Adds the matches of all rows of a tenant: those that are older than the rules have none. */
export async function recountMatches(tx: Tx, tenantId: string): Promise<void> {
  for (const matcher of matchers) {
    const column = sql.identifier(matcher.column);
    const { from, to } = { from: tableOf(matcher.from), to: tableOf(matcher.to) };
    const pairs = sql`
      (select connection_id, external_id, ${column} as key from ${from}
        where tenant_id = ${tenantId} and deleted_at is null and ${whereOwn(matcher.from)}
          and ${column} is not null) as "from"
      join (select connection_id, external_id, ${column} as key from ${to}
        where tenant_id = ${tenantId} and deleted_at is null and ${whereOwn(matcher.to)}
          and ${column} is not null) as "to" on "to".key = "from".key`;
    await withHashing(tx, () => insertPairs(tx, tenantId, matcher, pairs));
  }
}

/** Links `from` with `to` wherever the rows of `pairs` are of two connections. */
async function insertPairs(
  tx: Tx,
  tenantId: string,
  { by, relation, from, to }: Matcher,
  pairs: SQL,
): Promise<void> {
  const isForeign =
    by === 'domain' ? sql`"from".key <> all(array(${selectOwnDomains(tenantId)}))` : sql`true`;
  await tx.execute(sql`
    insert into ${externalLinks} (tenant_id, from_connection_id, from_entity, from_external_id,
      to_connection_id, to_entity, to_external_id, relation, origin, matched_by)
    select ${tenantId}::uuid, "from".connection_id, ${from}::text, "from".external_id,
      "to".connection_id, ${to}::text, "to".external_id, ${relation}::text, 'match', ${by}::text
    from ${pairs}
    where "from".connection_id <> "to".connection_id and ${isForeign}
    on conflict do nothing`);
}

/** The domains of the workspace itself: of its members, and those that it signs in with. */
const selectOwnDomains = (tenantId: string): SQL => sql`
  select domain from sso_domains where tenant_id = ${tenantId} and verified_at is not null
  union select lower(split_part(u.email, '@', 2)) from memberships as m
    join users as u on u.id = m.user_id where m.tenant_id = ${tenantId}`;

const tableOf = (entity: LinkedEntity): PgTable => getEntityDefinition(entity).table;

/** The copy of a lead is matched by nobody: what it is was said by the push. */
const whereOwn = (entity: LinkedEntity): SQL =>
  entity === 'lead' ? sql`mirror_of is null` : sql`true`;
