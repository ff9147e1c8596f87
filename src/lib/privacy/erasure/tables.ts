import { sql, type SQL } from 'drizzle-orm';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Suppression } from '../../ingest/suppression/suppression.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { count, type Tally } from './tally.ts';

/**
 * Blocks of a table (8 kB each) that are compared with the list at once. By their place, because
 * the keys of these tables have nothing in common.
 */
const blocksAtOnce = 64;

/**
 * Tables that the other parts of an erasure take care of, and those whose texts are no texts of
 * people: keys, digests, search words that go with their lead.
 */
const handled = new Set([
  'companies',
  'contacts',
  'credentials',
  'erasure_keys',
  'erasure_marks',
  'erasures',
  'lead_terms',
  'lead_words',
  'leads',
  'notes',
  'opportunities',
  'raw_bodies',
  'raw_snapshots',
  'referrals',
  'scheduled_activities',
  'stages',
]);

/** A table of tenants, with its columns of text and JSON that are no part of its key. */
interface TextTable extends Record<string, unknown> {
  table: string;
  columns: string[];
}

/**
 * Takes erased people out of every other table of the workspace: published reports, the audit logs
 * of pushes and write-backs, corrections, saved views, failed jobs, queued jobs. The tables are
 * taken from the catalogue, so a new one is never forgotten.
 */
export async function eraseFromTables(
  tenantId: string,
  suppression: Suppression,
  after: string | null,
  tally: Tally,
  isOver: () => boolean,
): Promise<string | null> {
  const tables = await retryInTenant(tenantId, selectTables);
  for (const table of tables.filter((each) => after === null || each.table > after)) {
    const blocks = await retryInTenant(tenantId, (tx) => countBlocks(tx, table));
    for (let block = 0; block < blocks; block += blocksAtOnce)
      await retryInTenant(tenantId, (tx) =>
        eraseFromBlocks(tx, tenantId, suppression, table, block, tally),
      );
    if (isOver()) return table.table;
  }
  await eraseFromJobs(tenantId, suppression, tally);
  return null;
}

/** The tables that the app role may change; append-only ones are left to their own retention. */
async function selectTables(tx: Tx): Promise<TextTable[]> {
  const { rows } = await tx.execute<TextTable>(sql`
    select c.relname as table, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relrowsecurity
      and a.attnum > 0 and a.atttypid in ('text'::regtype, 'jsonb'::regtype)
      and has_table_privilege(c.oid, 'update')
      and exists (select from pg_attribute as tenant
        where tenant.attrelid = c.oid and tenant.attname = 'tenant_id')
      and not exists (select from pg_index as i
        where i.indrelid = c.oid and i.indisunique and a.attnum = any(i.indkey))
    group by c.relname order by c.relname`);
  return rows.filter(({ table }) => !handled.has(table));
}

async function countBlocks(tx: Tx, { table }: TextTable): Promise<number> {
  const { rows } = await tx.execute<{ blocks: number }>(sql`
    select (pg_relation_size(${`public.${table}`}::regclass)
      / current_setting('block_size')::int)::int as blocks`);
  return rows[0]?.blocks ?? 0;
}

async function eraseFromBlocks(
  tx: Tx,
  tenantId: string,
  suppression: Suppression,
  { table, columns }: TextTable,
  block: number,
  tally: Tally,
): Promise<void> {
  const name = sql.identifier(table);
  const list = sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  );
  const { rows } = await tx.execute<Record<string, unknown> & { at: string }>(sql`
    select ctid::text as at, ${list} from ${name}
    where tenant_id = ${tenantId} and ctid >= ${`(${block},0)`}::tid
      and ctid < ${`(${block + blocksAtOnce},0)`}::tid for update`);
  for (const { at, ...row } of rows) {
    const changed = columns.filter((column) => suppression.maskValue(row[column]) !== row[column]);
    if (changed.length === 0) continue;
    const assignments = changed.map((column) =>
      assign(column, row[column], suppression.maskValue(row[column])),
    );
    await tx.execute(sql`
      update ${name} set ${sql.join(assignments, sql`, `)}
      where tenant_id = ${tenantId} and ctid = ${at}::tid`);
    count(tally.changed, table, 1);
  }
}

const assign = (column: string, before: unknown, after: unknown): SQL =>
  typeof before === 'string' && typeof after === 'string'
    ? sql`${sql.identifier(column)} = ${after}`
    : sql`${sql.identifier(column)} = ${JSON.stringify(after)}::jsonb`;

/** Jobs that wait or have ended: what they work on, and what they reported. */
async function eraseFromJobs(
  tenantId: string,
  suppression: Suppression,
  tally: Tally,
): Promise<void> {
  await retryInTenant(tenantId, async (tx) => {
    const { rows } = await tx.execute<{ id: string; data: unknown; output: unknown }>(sql`
      select id, data, output from pgboss.job where data ->> 'tenantId' = ${tenantId}`);
    for (const { id, data, output } of rows) {
      const rest = [suppression.maskValue(data), suppression.maskValue(output)];
      if (rest[0] === data && rest[1] === output) continue;
      await tx.execute(sql`
        update pgboss.job set data = ${JSON.stringify(rest[0])}::jsonb,
          output = ${rest[1] === null ? null : JSON.stringify(rest[1])}::jsonb where id = ${id}`);
      count(tally.changed, 'jobs', 1);
    }
  });
}
