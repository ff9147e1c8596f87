import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { appRole, backupRole, searchRole } from './pool.ts';

/** Key of the advisory lock by which concurrent starts take turns: an arbitrary number. */
const lockId = 7_462_001;
/**
 * A migration that waits for a lock blocks every later reader, so it gives up soon and tries again.
 */
const lockTimeoutMs = 500;
const maxLockAttempts = 60;
/** Lets readers finish between two attempts. */
const lockRetryMs = 250;

export const migrationsFolder = path.resolve('drizzle');

/** Runs `work` as owner while no other process migrates. */
export async function withMigrationLock(
  ownerUrl: string,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'tributary-migrate',
  });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lockId]);
    await work(client);
  } finally {
    await client.end();
  }
}

/** The rights of the app role by table, as GRANT writes them: `select, update (name)`. */
export type TableRights = Readonly<Record<string, string>>;

/**
 * Brings the schema up to date: roles, generated migrations, then what every tenant table needs.
 */
export async function migrateSchema(client: pg.Client, rights: TableRights): Promise<void> {
  await createRoles(client);
  await client.query(`set lock_timeout = ${lockTimeoutMs}`);
  await retryOnLock(() => migrate(drizzle({ client }), { migrationsFolder }));
  await retryOnLock(() => applyGrants(client, rights));
  await client.query('reset lock_timeout');
}

/**
 * Creates the roles that are missing on the server. A restore needs them first, because a policy
 * names one.
 */
export async function createRoles(client: pg.Client): Promise<void> {
  await createRole(client, appRole, 'nologin noinherit');
  await createRole(client, searchRole, 'nologin noinherit');
  try {
    await createRole(client, backupRole, 'nologin bypassrls');
  } catch (error) {
    // Only a superuser may create a role that sees every tenant. Servers without superuser access
    // are backed up by their own tools.
    if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
  }
}

async function createRole(client: pg.Client, name: string, options: string): Promise<void> {
  const found = await client.query('select 1 from pg_roles where rolname = $1', [name]);
  if (found.rowCount) return;
  try {
    await client.query(`create role ${client.escapeIdentifier(name)} ${options}`);
  } catch (error) {
    const raced =
      error instanceof pg.DatabaseError && (error.code === '42710' || error.code === '23505');
    if (!raced) throw error;
  }
}

/**
 * Forces row-level security on tables that have a policy and gives the app role its rights, and no
 * others; drizzle generates neither. The statements of one query are one transaction, so running
 * processes never find a right missing.
 */
async function applyGrants(client: pg.Client, rights: TableRights): Promise<void> {
  const grants = Object.entries(rights).map(
    ([table, may]) => `grant ${may} on ${client.escapeIdentifier(table)} to ${appRole};`,
  );
  await client.query(`
    do $$
    declare t regclass;
    begin
      for t in select c.oid::regclass from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and c.relrowsecurity and not c.relforcerowsecurity
      loop execute format('alter table %s force row level security', t); end loop;
    end $$;
    revoke create on schema public from public;
    grant usage on schema public to ${appRole};
    revoke all on all tables in schema public, drizzle from ${appRole};
    ${grants.join('\n')}
    grant execute on function prune_audit_events to ${appRole};
    grant usage, select on all sequences in schema public to ${appRole};
    grant usage on schema drizzle to ${appRole};
    grant select on all tables in schema drizzle to ${appRole};
  `);
  await client.query(`
    do $$ begin
      if exists (select from pg_roles where rolname = '${backupRole}') then
        grant usage on schema public, drizzle to ${backupRole};
        grant select on all tables in schema public, drizzle to ${backupRole};
        grant select on all sequences in schema public, drizzle to ${backupRole};
      end if;
    end $$`);
}

async function retryOnLock(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLockTimeout(error) || attempt === maxLockAttempts) throw error;
      await sleep(lockRetryMs);
    }
  }
}

function isLockTimeout(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof pg.DatabaseError && cause.code === '55P03';
}
