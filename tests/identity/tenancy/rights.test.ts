import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { grantStaff, revokeStaff } from '#lib/identity/auth/staff.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { closeDatabase, globalDb } from '#lib/platform/db/database.ts';
import { appRights } from '#lib/schema/rights.ts';
import { testEnv, useDatabase } from '../../helpers/database.ts';
import { password, problemOf } from '../auth/people.ts';

const db = useDatabase();

/** `select, update (a, b)` as select, update(a), update(b). */
const spell = (may: string): string[] =>
  [...may.matchAll(/(\w+)(?: \(([^)]*)\))?/g)]
    .flatMap(([, right = '', columns]) =>
      columns === undefined
        ? [right]
        : columns.split(',').map((column) => `${right}(${column.trim()})`),
    )
    .sort();

const grantsIn = (schema: string) =>
  db.query<{ table: string; rights: string[] }>(
    `select c.relname as table, coalesce(array_agg(g.name order by g.name)
       filter (where g.name is not null), '{}') as rights
     from pg_class c
     left join lateral (
       select lower(privilege_type) as name from aclexplode(c.relacl)
       where grantee = 'tributary_app'::regrole
       union all
       select lower(privilege_type) || '(' || attname || ')'
       from pg_attribute, aclexplode(attacl)
       where attrelid = c.oid and grantee = 'tributary_app'::regrole
     ) g on true
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
     group by 1 order by 1`,
    [schema],
  );

describe('the app role', () => {
  it('has the rights of the list on each table, and no others', async () => {
    const actual = await grantsIn('public');
    expect(Object.fromEntries(actual.map(({ table, rights }) => [table, rights]))).toEqual(
      Object.fromEntries(Object.entries(appRights).map(([table, { may }]) => [table, spell(may)])),
    );
    for (const { because } of Object.values(appRights)) expect(because).toMatch(/^\S.{15,}/);
  });

  it('reads the list of migrations and writes nothing there', async () => {
    expect(await grantsIn('drizzle')).toEqual([
      { table: '__drizzle_migrations', rights: ['select'] },
    ]);
  });

  it('loses what it had and the list does not name, at the next migration', async () => {
    await db.query('grant all on staff_grants, users to tributary_app');
    await migrateAll(db.url);
    const [grants] = (await grantsIn('public')).filter(({ table }) => table === 'staff_grants');
    expect(grants?.rights).toEqual(['select']);
  });

  it('may call only the functions of ours that act as the owner and are harmless', async () => {
    const functions = await db.query<{ name: string }>(
      `select proname as name from pg_proc
       where prosecdef and pronamespace = 'public'::regnamespace
         and has_function_privilege('tributary_app', oid, 'execute') order by 1`,
    );
    expect(functions.map(({ name }) => name)).toEqual(['prune_audit_events', 'search_leads']);
  });

  it.each([
    `insert into staff_grants (user_id) select id from users`,
    `update staff_grants set tenant_id = null`,
    `delete from staff_grants`,
    `insert into tenants (slug, name) values ('mine', 'Mine')`,
    `update tenants set slug = 'mine'`,
    `delete from tenants`,
    `update users set email = 'mallory@example.test'`,
    `update accounts set user_id = new_id()`,
    `update accounts set account_id = 'x'`,
    `update sessions set user_id = new_id()`,
    `update sessions set token = 'x'`,
    `update sessions set created_at = now()`,
    `update two_factors set user_id = new_id()`,
    `update verifications set value = 'x'`,
    `update memberships set user_id = new_id()`,
    `update memberships set tenant_id = new_id()`,
    `update invitations set email = 'mallory@example.test'`,
    `update audit_events set action = 'x'`,
    `delete from audit_events`,
    `delete from encryption_keys`,
    `delete from drizzle.__drizzle_migrations`,
    `truncate leads`,
    `alter table leads no force row level security`,
    `create table mine ()`,
  ])('cannot: %s', async (statement) => {
    const error: unknown = await globalDb()
      .execute(sql.raw(statement))
      .then(
        () => 'done',
        (reason: { cause?: { code?: string } }) => reason.cause?.code,
      );
    expect(error).toBe('42501');
  });
});

describe('on a server whose owner is no superuser', () => {
  const name = `rights_${randomBytes(4).toString('hex')}`;
  const ownerUrl = new URL(inject('adminUrl'));
  Object.assign(ownerUrl, { username: name, password: 'a-password', pathname: `/${name}` });
  const loginUrl = new URL(ownerUrl);
  loginUrl.username = `${name}_login`;

  const use = async (more: Record<string, string>) => {
    await closeDatabase();
    Object.assign(process.env, testEnv(loginUrl.href), { DATABASE_OWNER_URL: '' }, more);
    resetConfig();
  };

  beforeAll(async () => {
    await db.query(`create role ${name} login createrole password 'a-password'`);
    await db.query(`create database ${name} owner ${name}`);
    await migrateAll(ownerUrl.href);
    await db.query(`create role ${name}_login login noinherit password 'a-password'`);
    await db.query(`grant tributary_app to ${name}_login`);
  });
  afterAll(async () => {
    await closeDatabase();
    await db.query(`drop database ${name} with (force)`);
    await db.query(`drop role ${name}_login`);
    await db.query(`drop role ${name}`);
  });

  it('the owner makes workspaces and staff', async () => {
    await use({ DATABASE_OWNER_URL: ownerUrl.href });
    const { id } = await createTenant({ slug: 'birch', name: 'Birch' });
    const { user } = await createUser({ email: 'staff@birch.test', password, staff: true });
    await grantStaff(user.id, id);
    await revokeStaff(user.id, id);
    const client = new pg.Client({ connectionString: ownerUrl.href });
    await client.connect();
    const { rows } = await client.query('select user_id, tenant_id from staff_grants');
    await client.end();
    expect(rows).toEqual([{ user_id: user.id, tenant_id: null }]);
  });

  it('the login of web and worker makes people, and is told what it lacks for the rest', async () => {
    await use({});
    await createUser({ email: 'viewer@birch.test', password, tenantSlug: 'birch' });
    for (const attempt of [
      createTenant({ slug: 'mine', name: 'Mine' }),
      createUser({ email: 'mallory@birch.test', password, staff: true }),
    ]) {
      const refused = await problemOf(attempt);
      expect(refused.code).toBe('forbidden');
      expect(refused.message).toContain('Set DATABASE_OWNER_URL');
    }
  });

  it('the login of web and worker cannot become the owner', async () => {
    for (const role of [name, 'postgres', 'none']) {
      const attempt = globalDb().transaction(async (tx) => {
        await tx.execute(sql`select set_config('role', ${role}, true)`);
        await tx.execute(sql`delete from staff_grants`);
      });
      await expect(attempt, role).rejects.toMatchObject({ cause: { code: '42501' } });
    }
  });
});
