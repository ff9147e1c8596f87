import { describe, expect, it } from 'vitest';
import { useDatabase } from '../../helpers/database.ts';

const db = useDatabase();

/**
 * Read before a tenant is known (src/lib/identity), or of the installation as a whole:
 * keys, alerts, tasks.
 */
const identityTables = [
  'accounts',
  'alert_deliveries',
  'alerts',
  'encryption_keys',
  'invitations',
  'memberships',
  'periodic_tasks',
  'rate_limits',
  'sessions',
  'sso_domains',
  'sso_providers',
  'staff_grants',
  'tenants',
  'two_factors',
  'users',
  'verifications',
];

/** Rows of workspaces and of the installation in one log, with policies of its own (tests/identity/audit). */
const auditTable = 'audit_events';

/**
 * The one index that does not begin with the tenant: its words do (tests/leads/search-isolation.test.ts).
 * The one policy besides the tenant's: for the role that owns the function through which alone that
 * index is used.
 */
const searchIndex = 'lead_terms_by_term';
const searchPolicy = {
  table: 'lead_terms',
  using: 'true',
  check: null,
  roles: '{tributary_search}',
  command: 'SELECT',
  permissive: 'PERMISSIVE',
};

interface Table {
  name: string;
  rls: boolean;
  forced: boolean;
  owner: string;
}

const tables = () =>
  db.query<Table>(`select c.relname as name, c.relrowsecurity as rls,
      c.relforcerowsecurity as forced, pg_get_userbyid(c.relowner) as owner
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
    order by 1`);
const tenantTables = async () =>
  (await tables()).filter(({ name }) => name !== auditTable && !identityTables.includes(name));

describe('the catalogue', () => {
  it('knows every table as a tenant table or an identity table', async () => {
    const names = (await tables()).map(({ name }) => name);
    expect(names.filter((name) => identityTables.includes(name))).toEqual(identityTables);
    expect((await tenantTables()).length).toBeGreaterThanOrEqual(17);
  });

  it('enables and forces row-level security on every tenant table, with one policy', async () => {
    const policies = await db.query<{
      table: string;
      using: string;
      check: string | null;
      roles: string;
      command: string;
      permissive: string;
    }>(
      `select tablename as table, qual as using, with_check as check, roles::text, cmd as command,
         permissive
       from pg_policies
       where schemaname = 'public'`,
    );
    expect(policies.filter(({ roles }) => roles !== '{public}')).toEqual([searchPolicy]);
    for (const { name, rls, forced } of await tenantTables()) {
      expect({ name, rls, forced }).toEqual({ name, rls: true, forced: true });
      const own = policies.filter(({ table, roles }) => table === name && roles === '{public}');
      expect(own, name).toHaveLength(1);
      const rule =
        "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)";
      expect(own[0], name).toMatchObject({
        using: rule,
        check: rule,
        roles: '{public}',
        command: 'ALL',
        permissive: 'PERMISSIVE',
      });
    }
  });

  it('leads every key, index and foreign key of a tenant table with tenant_id', async () => {
    const indexes = await db.query<{ table: string; index: string; first: string }>(`
      select t.relname as table, i.relname as index,
        coalesce((select attname from pg_attribute a
        where a.attrelid = t.oid and a.attnum = x.indkey[0]), '') as first
      from pg_index x
      join pg_class i on i.oid = x.indexrelid
      join pg_class t on t.oid = x.indrelid
      where t.relnamespace = 'public'::regnamespace`);
    const foreignKeys = await db.query<{
      table: string;
      name: string;
      first: string;
      target: string;
      targetFirst: string;
    }>(`
      select c.conrelid::regclass::text as table, conname as name,
        c.confrelid::regclass::text as target,
        (select attname
        from pg_attribute
        where attrelid = c.conrelid and attnum = c.conkey[1]) as first,
        (select attname
        from pg_attribute
        where attrelid = c.confrelid and attnum = c.confkey[1]) as "targetFirst"
      from pg_constraint c where contype = 'f' and c.connamespace = 'public'::regnamespace`);
    for (const { name } of await tenantTables()) {
      const own = indexes.filter(({ table }) => table === name);
      expect(own.length, name).toBeGreaterThan(0);
      for (const index of own)
        expect(index).toMatchObject({
          first: index.index === searchIndex ? 'terms' : 'tenant_id',
        });
      for (const key of foreignKeys.filter(({ table }) => table === name)) {
        expect(key).toMatchObject({
          first: 'tenant_id',
          targetFirst: key.target === 'tenants' ? 'id' : 'tenant_id',
        });
      }
    }
  });

  it('holds nothing that Citus refuses of tables distributed by tenant', async () => {
    const foreignKeys = await db.query<{
      child: string;
      parent: string;
      columns: string[];
      targets: string[];
      onDelete: string;
      onUpdate: string;
    }>(`
      select conrelid::regclass::text as child, confrelid::regclass::text as parent,
        confdeltype as "onDelete", confupdtype as "onUpdate",
        array(select attname::text
        from unnest(conkey) with ordinality k(num, at)
        join pg_attribute on attrelid = conrelid and attnum = num
        order by at) as columns,
        array(select attname::text
        from unnest(confkey) with ordinality k(num, at)
        join pg_attribute on attrelid = confrelid and attnum = num
        order by at) as targets
      from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`);
    const names = (await tenantTables()).map(({ name }) => name);
    for (const { child, parent, columns, targets, onDelete, onUpdate } of foreignKeys) {
      const what = `${child} (${columns.join(', ')}) -> ${parent}`;
      // Tables of all machines (identity) must not point at rows that only one machine has.
      expect(names.includes(parent) && !names.includes(child), what).toBe(false);
      if (!names.includes(child)) continue;
      // Between tenants' tables the tenant is on both sides, at the same place, so that the rows
      // lie on one machine.
      if (names.includes(parent))
        expect(targets.indexOf('tenant_id'), what).toBe(columns.indexOf('tenant_id'));
      expect(
        [...'nd'].includes(onDelete) || [...'nd'].includes(onUpdate),
        `${what} sets the tenant to null`,
      ).toBe(false);
    }
    const spread = `t.relnamespace = 'public'::regnamespace and t.relname = any($1)`;
    expect(
      await db.query(
        `select t.relname, conname
         from pg_constraint c
         join pg_class t on t.oid = conrelid
         where ${spread} and contype = 'x'`,
        [names],
      ),
    ).toEqual([]);
    expect(
      await db.query(
        `select t.relname, attname
         from pg_attribute a
         join pg_class t on t.oid = attrelid
         where ${spread} and (attidentity <> '' or attgenerated <> '')`,
        [names],
      ),
    ).toEqual([]);
    expect(
      await db.query(
        `select t.relname
         from pg_class t
         where ${spread} and (relispartition or relkind = 'p' or relpersistence <> 'p')`,
        [names],
      ),
    ).toEqual([]);
  });

  it('has an index behind every foreign key between tenant tables', async () => {
    const names = (await tenantTables()).map(({ name }) => name);
    const uncovered = await db.query<{ key: string }>(
      `
      select format('%s (%s)', c.conrelid::regclass,
        (select string_agg(attname, ', ' order by at) from unnest(conkey) with ordinality k(num, at)
        join pg_attribute on attrelid = conrelid and attnum = num)) as key
      from pg_constraint c
      where contype = 'f' and conrelid::regclass::text = any($1)
        and confrelid::regclass::text = any($1) and not exists (
        select from pg_index x
        where x.indrelid = c.conrelid and x.indisvalid and (x.indpred is null)
          and (select array_agg(num order by num) from unnest(conkey) num) =
            (select array_agg(num order by num)
            from unnest((x.indkey::int2[])[0:cardinality(conkey) - 1]) num))`,
      [names],
    );
    expect(uncovered.map(({ key }) => key)).toEqual([]);
  });

  it('has tenant_id as first, non-null column of every tenant table', async () => {
    const columns = await db.query<{ table: string; type: string; nullable: string }>(
      `select table_name as table, data_type as type, is_nullable as nullable
       from information_schema.columns
       where table_schema = 'public' and column_name = 'tenant_id' and ordinal_position = 1`,
    );
    for (const { name } of await tenantTables())
      expect(columns).toContainEqual({ table: name, type: 'uuid', nullable: 'NO' });
  });

  it('lets the app role neither own, bypass, create nor truncate', async () => {
    const [role] = await db.query(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin
       from pg_roles
       where rolname = 'tributary_app'`,
    );
    expect(role).toEqual({
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolcanlogin: false,
    });
    for (const { name, owner } of await tables()) {
      expect(owner).not.toBe('tributary_app');
      const [rights] = await db.query(
        `select has_table_privilege('tributary_app', $1, 'select') as read,
           has_table_privilege('tributary_app', $1, 'truncate') as truncate,
          has_table_privilege('tributary_app', $1, 'trigger') as trigger,
            has_table_privilege('public', $1, 'select') as anybody`,
        [`public.${name}`],
      );
      expect({ name, ...rights }).toEqual({
        name,
        read: true,
        truncate: false,
        trigger: false,
        anybody: false,
      });
    }
    const [schema] = await db.query(
      `select has_schema_privilege('tributary_app', 'public', 'create') as create`,
    );
    expect(schema).toEqual({ create: false });
  });

  it('makes time-ordered ids, also on servers that have none of their own', async () => {
    const [{ ids } = { ids: [] as string[] }] = await db.query<{ ids: string[] }>(
      `select array_agg(new_id()::text) as ids from generate_series(1, 200)`,
    );
    expect(new Set(ids).size).toBe(200);
    for (const id of ids)
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const time = Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(time - Date.now())).toBeLessThan(3_600_000);
  });
});
