import type pg from 'pg';
import { appRole, backupRole, searchRole } from '../../src/lib/platform/db/pool.ts';

/** The content of a database in a form that can be compared without access to the other one. */
export interface Fingerprint {
  /** By table, as `schema.name`. */
  tables: Map<string, TableContent>;
  /** Columns, keys, indexes, policies, privileges and other definitions, one line for each. */
  shape: Set<string>;
}

interface TableContent {
  rows: number;
  /**
   * The sum of the digests of all rows: it depends on every value, but not on the order of the
   * rows.
   */
  digest: string;
}

/**
 * All schemas except those of PostgreSQL and of the queue, whose jobs are created again from what
 * is due.
 */
const ownSchemas = `not in ('information_schema', 'pgboss') and nspname !~ '^pg_'`;

export async function fingerprintDatabase(client: pg.Client): Promise<Fingerprint> {
  const tables = new Map<string, TableContent>();
  for (const name of await listTableNames(client))
    tables.set(name, await fingerprintTable(client, name));
  return { tables, shape: await readShape(client) };
}

/** The names of the tables that store rows, as `schema.name`, quoted where necessary. */
export async function listTableNames(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select format('%I.%I', nspname, relname) as name
    from pg_class c
    join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and nspname ${ownSchemas} order by 1`);
  return rows.map(({ name }) => name);
}

async function fingerprintTable(client: pg.Client, table: string): Promise<TableContent> {
  const digest =
    "('x' || encode(substr(sha256(convert_to((t.*)::text, " +
    "'UTF8')), 1, 8), 'hex'))::bit(64)::bigint::numeric";
  const { rows } = await client.query<{ rows: string; digest: string }>(
    `select count(*) as rows, coalesce(sum(${digest}), 0)::text as digest from ${table} t`,
  );
  return { rows: Number(rows[0]?.rows ?? 0), digest: rows[0]?.digest ?? '' };
}

/**
 * The kinds of definitions, each with a query for lines of text. `c` is one of our tables, `n` its
 * schema.
 */
const parts: Record<string, string> = {
  column: `select format('%s.%I %s%s%s', c.oid::regclass, attname, format_type(atttypid, atttypmod),
      case when attnotnull then ' not null' end, ' default ' || pg_get_expr(adbin, adrelid))
    from tables c
    join pg_attribute a on attrelid = c.oid
    left join pg_attrdef d on adrelid = c.oid and adnum = attnum
    where attnum > 0 and not attisdropped`,
  // PostgreSQL 18 lists "not null" as a constraint, older versions do not; the column lines have
  // it.
  constraint: `select format('%s %I %s%s', c.oid::regclass, conname, pg_get_constraintdef(k.oid),
      case when not convalidated then ' (not checked)' end)
    from tables c join pg_constraint k on conrelid = c.oid where contype <> 'n'`,
  index: `
    select pg_get_indexdef(indexrelid) || case when indisvalid then '' else ' (invalid)' end
    from tables c
    join pg_index on indrelid = c.oid`,
  'row security': `
    select format('%s enabled %s, forced %s', c.oid::regclass, c.relrowsecurity,
      c.relforcerowsecurity)
    from tables c`,
  policy: `select format('%s %I %s %s for %s using %s check %s', c.oid::regclass, polname, polcmd,
      polpermissive, (select string_agg(role::regrole::text, ', ') from unnest(polroles) as role),
      pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    from tables c join pg_policy on polrelid = c.oid`,
  right: `select format('%s may %s %s', coalesce(r.rolname, 'everybody'), lower(privilege_type),
        target)
      from (
      select c.oid::regclass::text as target, (aclexplode(relacl)).*
      from pg_class c
      join pg_namespace n on n.oid = relnamespace
      where nspname ${ownSchemas}
      union all select nspname::text, (aclexplode(nspacl)).* from pg_namespace
        where nspname ${ownSchemas}) rights
    left join pg_roles r on r.oid = grantee
    where grantee = 0 or rolname in ('${appRole}', '${backupRole}', '${searchRole}')`,
  function: `
    select format('%s %s', p.oid::regprocedure, md5(prosrc))
    from pg_proc p
    join pg_namespace n on n.oid = pronamespace
    where nspname ${ownSchemas}`,
  trigger: `
    select pg_get_triggerdef(t.oid)
    from tables c
    join pg_trigger t on tgrelid = c.oid
    where not tgisinternal`,
  sequence: `
    select format('%I.%I at %s', schemaname, sequencename,
      coalesce(last_value::text, 'its start'))
    from (select *, schemaname as nspname from pg_sequences) s
    where nspname ${ownSchemas}`,
};

async function readShape(client: pg.Client): Promise<Set<string>> {
  const shape = new Set<string>();
  for (const [part, lines] of Object.entries(parts)) {
    const { rows } = await client.query<{ line: string }>(`
      with tables as (select c.* from pg_class c join pg_namespace n on n.oid = relnamespace
        where relkind in ('r', 'p') and nspname ${ownSchemas})
      select line from (${lines}) as found (line)`);
    for (const { line } of rows) shape.add(`${part}: ${line}`);
  }
  return shape;
}
