import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { globalDb } from '#lib/platform/db/database.ts';
import { useDatabase } from '../helpers/database.ts';

/*
 * The function `search_leads` sees the search words of every tenant: it alone keeps them apart.
 */

const db = useDatabase();

/** Two tenants whose tags in the index are the same, and one with a tag of its own. */
const ours = '0198f0aa-0000-7000-8000-aaaaaaaaaaaa';
const twin = '0198f0bb-0000-7000-8000-aaaaaaaaaaaa';
const other = '0198f0cc-0000-7000-8000-cccccccccccc';
const tenants = [ours, twin, other];
const nobody = '0198f0dd-0000-7000-8000-dddddddddddd';

const leadOf = new Map(tenants.map((tenant) => [tenant, randomUUID()]));
const ourLead = leadOf.get(ours) ?? '';

beforeAll(async () => {
  for (const tenant of tenants)
    await store(tenant, [{ id: leadOf.get(tenant) ?? '', words: ['shared', 'secret'] }]);
});

async function store(tenant: string, leads: { id: string; words: string[] }[]): Promise<void> {
  await db.query(
    `insert into lead_terms (tenant_id, lead_id, terms)
     select $1, id, array_to_tsvector(array(
       select substr($1::uuid::text, 25) || jsonb_array_elements_text(words)))
     from jsonb_to_recordset($2) as lead (id uuid, words jsonb)`,
    [tenant, JSON.stringify(leads)],
  );
}

/** What web and worker get when they ask for `tenant` while they act for the one of the setting. */
async function search(
  setting: string | null,
  tenant: string | null,
  prefixes: (string | null)[] | null,
  before = '',
): Promise<string[]> {
  return globalDb().transaction(async (tx) => {
    if (setting !== null)
      await tx.execute(sql`select set_config('app.tenant_id', ${setting}, true)`);
    if (before !== '') await tx.execute(sql.raw(before));
    const { rows } = await tx.execute<{ id: string }>(
      sql`select public.search_leads(${tenant}, ${sql.param(prefixes)}::text[], 100) as id`,
    );
    return rows.map(({ id }) => id);
  });
}

describe('a search for words that every tenant has', () => {
  it('finds the leads of the tenant alone, even if another one has the same tag', async () => {
    for (const tenant of tenants)
      expect(await search(tenant, tenant, ['sha', 'secret'])).toEqual([leadOf.get(tenant)]);
  });

  it('finds nothing of another tenant, whoever is asked for', async () => {
    for (const setting of tenants)
      for (const asked of [...tenants.filter((tenant) => tenant !== setting), nobody, null])
        expect(await search(setting, asked, ['shared'])).toEqual([]);
    expect(await search(nobody, nobody, ['shared'])).toEqual([]);
  });

  it.each([
    null,
    '',
    ' ',
    'null',
    '%',
    `${ours} `,
    `${ours}\n${other}`,
    ours.slice(0, -1),
    `{${ours}}`,
    "' or true --",
  ])('finds nothing, and fails not, while the setting is %j', async (setting) => {
    for (const asked of [ours, other, null])
      expect(await search(setting, asked, ['shared'])).toEqual([]);
  });

  it.each([
    [[]],
    [null],
    [['']],
    [[null]],
    [['shared', null]],
    [["shared':* | 'cccccccccccc"]],
    [["' | '"]],
    [['shared:*']],
    [['shared | secret']],
    [['!nothing']],
    [["shared'"]],
    [['shared\\']],
    [['Shared']],
    [['ſhared']],
    [['shared\n']],
    [['x'.repeat(61)]],
    [['*']],
  ])('finds nothing, and fails not, for the terms %j', async (prefixes) => {
    expect(await search(ours, ours, prefixes)).toEqual([]);
  });

  it('gives at most as many as asked for, and never an error', async () => {
    await withTenant(ours, async (tx) => {
      for (const atMost of [null, -1, 0, 1, 2_147_483_647]) {
        const { rows } = await tx.execute(
          sql`select search_leads(${ours}, '{shared}', ${atMost}) as id`,
        );
        expect(rows).toEqual(atMost !== null && atMost > 0 ? [{ id: ourLead }] : []);
      }
    });
  });
});

describe('a search path of the caller', () => {
  const trap = `returns boolean language plpgsql as
    $$ begin raise exception 'trapped'; end $$`;

  beforeAll(async () => {
    await db.query(`
      create schema trap;
      grant usage on schema trap to tributary_app, tributary_search;
      create table trap.lead_terms as select * from public.lead_terms;
      grant select on trap.lead_terms to tributary_app, tributary_search;
      create function trap.trapped(tsvector, tsquery) ${trap};
      create function trap.trapped(uuid, uuid) ${trap};
      create function trap.trapped(text, text) ${trap};
      create function trap.current_setting(text, boolean) returns text language sql
        as $$ select '${other}' $$;
      create function trap.format(text, text, text) returns text language sql
        as $$ select '''cccccccccccc'':*' $$;
      create function trap.substr(text, integer) returns text language sql
        as $$ select 'cccccccccccc' $$;
      create operator trap.@@ (leftarg = tsvector, rightarg = tsquery, function = trap.trapped);
      create operator trap.= (leftarg = uuid, rightarg = uuid, function = trap.trapped);
      create operator trap.~ (leftarg = text, rightarg = text, function = trap.trapped);
      create operator trap.!~* (leftarg = text, rightarg = text, function = trap.trapped);`);
  });

  it.each([
    `set local search_path = trap, pg_catalog, public`,
    `set local search_path = pg_temp, trap, pg_catalog`,
    `create temp table lead_terms (tenant_id uuid, lead_id uuid, terms tsvector) on commit drop;
     insert into lead_terms values ('${ours}', '${nobody}', '''aaaaaaaaaaaashared''');
     set local search_path = pg_temp, trap, pg_catalog`,
  ])('has no effect: %s', async (before) => {
    expect(await search(ours, ours, ['shared'], before)).toEqual([ourLead]);
    expect(await search(ours, other, ['shared'], before)).toEqual([]);
  });

  it('catches whoever does not pin theirs', async () => {
    const attempt = withTenant(ours, async (tx) => {
      await tx.execute(sql`set local search_path = trap, pg_catalog`);
      await tx.execute(sql`select 'a'::tsvector @@ 'a'::tsquery`);
    });
    await expect(attempt).rejects.toMatchObject({ cause: { message: 'trapped' } });
  });
});

describe('the search words themselves', () => {
  it('are hidden from the app role as every other row is, and not read through the index', async () => {
    await withTenant(ours, async (tx) => {
      const { rows } = await tx.execute(sql`select lead_id as id from lead_terms`);
      expect(rows).toEqual([{ id: ourLead }]);
      const plan = await tx.execute(sql`
        explain select lead_id from lead_terms where terms @@ '''ccccccccccccshared'''::tsquery`);
      expect(JSON.stringify(plan.rows)).not.toContain('lead_terms_by_term');
    });
    const unbound = await globalDb().execute(sql`select from lead_terms`);
    expect(unbound.rows).toEqual([]);
  });

  it('can be written for the own tenant only', async () => {
    const attempt = withTenant(ours, (tx) =>
      tx.execute(sql`insert into lead_terms values (${other}, ${nobody}, 'a')`),
    );
    await expect(attempt).rejects.toMatchObject({ cause: { code: '42501' } });
  });

  it('are all that the role of the function can read, and nobody can be that role', async () => {
    const rights = await db.query(`
      select c.oid::regclass::text as table, p as right
      from pg_class as c, unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) as p
      where c.relkind in ('r', 'p', 'v', 'm') and c.relnamespace not in
        ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'trap'::regnamespace)
        and has_table_privilege('tributary_search', c.oid, p)`);
    expect(rights).toEqual([{ table: 'lead_terms', right: 'select' }]);
    const [role] = await db.query(`
      select rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as may,
        (select count(*)::int from pg_auth_members where roleid = r.oid or member = r.oid) as members,
        has_schema_privilege(r.oid, 'public', 'create') as creates
      from pg_roles as r where rolname = 'tributary_search'`);
    expect(role).toEqual({ may: false, members: 0, creates: false });
  });

  it('are searched by web and worker alone', async () => {
    const stranger = `stranger_${randomBytes(4).toString('hex')}`;
    await db.query(`create role ${stranger}; grant ${stranger} to current_user`);
    for (const role of [stranger, 'tributary_backup']) {
      const client = new pg.Client({ connectionString: db.url });
      await client.connect();
      await client.query(`set role ${role}`);
      await client.query(`select set_config('app.tenant_id', '${ours}', false)`);
      await expect(client.query(`select public.search_leads('${ours}', '{shared}', 1)`))
        .rejects //
        .toMatchObject({ code: '42501', message: 'permission denied for function search_leads' });
      await client.end();
    }
    await db.query(`drop role ${stranger}`);
  });
});

it('reads no more blocks for the words of other tenants', async () => {
  const readBlocks = async () => {
    await db.query(`select gin_clean_pending_list('lead_terms_by_term')`);
    return withTenant(ours, async (tx) => {
      await tx.execute(sql`select search_leads(${ours}, '{shared}', 1)`);
      const { rows } = await tx.execute<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
        sql`explain (analyze, buffers, format json)
          select * from search_leads(${ours}, '{shared}', 100)`,
      );
      const plan = rows[0]?.['QUERY PLAN'][0]?.Plan ?? {};
      return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
    });
  };
  const before = await readBlocks();
  expect(before).toBeGreaterThan(0);
  const leads = Array.from({ length: 20_000 }, (_, n) => ({
    id: randomUUID(),
    words: ['shared', `own${n}`],
  }));
  await store(other, leads);
  // The tree of the index has grown by one level.
  expect(await readBlocks()).toBeLessThanOrEqual(before + 2);
});

describe('an owner who may not give the function away', () => {
  const name = `searcher_${randomBytes(4).toString('hex')}`;
  const owner = new URL(inject('adminUrl'));
  Object.assign(owner, { username: name, password: 'a-password', pathname: `/${name}` });
  const admin = new URL(inject('adminUrl'));
  admin.pathname = `/${name}`;

  /** Runs as superuser in that database. */
  async function inside<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: admin.href });
    await client.connect();
    try {
      const results = await client.query<Row>(text);
      return [results].flat().at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  }
  const found = () =>
    inside(`
      set role tributary_app;
      select set_config('app.tenant_id', '${ours}', false);
      select search_leads('${ours}', '{shared}', 10) as id`);
  const functionOwner = () =>
    inside(`select pg_get_userbyid(proowner) as owner from pg_proc where proname = 'search_leads'`);

  beforeAll(async () => {
    await db.query(`create role ${name} login createrole password 'a-password'`);
    await db.query(`create database ${name} owner ${name}`);
    await migrateAll(owner.href);
    await inside(`
      insert into lead_terms values ('${ours}', '${ourLead}', '''aaaaaaaaaaaashared'''),
        ('${twin}', '${nobody}', '''aaaaaaaaaaaashared''')`);
  });
  afterAll(async () => {
    await db.query(`drop database ${name} with (force)`);
    await db.query(`drop role ${name}`);
  });

  it('keeps it, and searches find the same under row-level security', async () => {
    expect(await functionOwner()).toEqual([{ owner: name }]);
    expect(await found()).toEqual([{ id: ourLead }]);
  });

  it('gives it away at the next migration once a superuser has made that possible', async () => {
    await db.query(`grant tributary_search to ${name}`);
    await migrateAll(owner.href);
    await db.query(`revoke tributary_search from ${name}`);
    expect(await functionOwner()).toEqual([{ owner: 'tributary_search' }]);
    expect(await found()).toEqual([{ id: ourLead }]);
    await migrateAll(owner.href);
    expect(await found()).toEqual([{ id: ourLead }]);
  });
});
