import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { migrateAll } from '#lib/jobs/migrate.ts';

const name = `m_${randomBytes(6).toString('hex')}`;
const url = new URL(inject('adminUrl'));
url.pathname = `/${name}`;

async function onServer(statement: string, at = inject('adminUrl')): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: at });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

beforeAll(() => onServer(`create database ${name}`).then(() => {}));
afterAll(() => onServer(`drop database if exists ${name} with (force)`).then(() => {}));

const shape = async () =>
  (
    await onServer(
      `select string_agg(table_name || '.' || column_name || ':' || data_type, ','
         order by table_name, column_name) as shape
       from information_schema.columns
       where table_schema = 'public'`,
      url.href,
    )
  ).rows;

describe('migrations', () => {
  it('bear four starts at once, and a start on a database that is up to date', async () => {
    await Promise.all(Array.from({ length: 4 }, () => migrateAll(url.href)));
    const before = await shape();
    await migrateAll(url.href);
    expect(await shape()).toEqual(before);
    const { rows } = await onServer(
      `select count(*)::int as applied, count(distinct hash)::int as different
       from drizzle.__drizzle_migrations`,
      url.href,
    );
    expect(rows[0]).toMatchObject({ applied: rows[0]?.different });
  });

  it('wait for a reader without making the readers behind it wait, then go through', async () => {
    // What the migration has to mend needs a lock that the reader below stands in the way of.
    await onServer('alter table leads no force row level security', url.href);
    const reader = new pg.Client({ connectionString: url.href });
    await reader.connect();
    await reader.query('begin');
    await reader.query('select count(*) from leads');
    const migrating = migrateAll(url.href);
    const later = await onServer('select count(*) from leads', url.href);
    expect(later.rowCount).toBe(1);
    await reader.query('commit');
    await reader.end();
    await migrating;
    const { rows } = await onServer(
      `select relforcerowsecurity as forced from pg_class where relname = 'leads'`,
      url.href,
    );
    expect(rows).toEqual([{ forced: true }]);
  });
});
