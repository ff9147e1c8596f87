import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { backupRole } from '../../src/lib/platform/db/pool.ts';
import { Problem } from '../../src/lib/platform/errors.ts';

/** Session settings that make every value read the same as text. */
const sessionOptions =
  '-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c ' +
  'extra_float_digits=1 -c bytea_output=hex -c statement_timeout=0';

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    options: sessionOptions,
    application_name: 'tributary-drill',
  });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The database that is backed up, read as of one moment while others continue to write. */
export interface Source {
  url: string;
  client: pg.Client;
  /** The exported snapshot: pg_dump uses it to read the same moment. */
  snapshot: string;
  /** The role that reads; undefined when the login itself can see every row. */
  role: string | undefined;
  /** Such as 180004. */
  serverVersion: number;
}

/**
 * Opens the source in a transaction with a fixed snapshot. Throws Problem when the login is bound
 * by row-level security: with --enable-row-security pg_dump would succeed and dump no row of any
 * tenant.
 */
export async function openSource(url: string): Promise<Source> {
  const client = await connect(url);
  try {
    const role = await setBypassRole(client);
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ snapshot: string; version: number }>(
      `select pg_export_snapshot() as snapshot,
         current_setting('server_version_num')::int as version`,
    );
    await assertSeesAllRows(client);
    return {
      url,
      client,
      role,
      snapshot: rows[0]?.snapshot ?? '',
      serverVersion: rows[0]?.version ?? 0,
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function setBypassRole(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ sees: boolean }>(
    'select rolsuper or rolbypassrls as sees from pg_roles where rolname = current_user',
  );
  if (rows[0]?.sees === true) return undefined;
  return client.query(`set role ${backupRole}`).then(
    () => backupRole,
    () => undefined,
  );
}

async function assertSeesAllRows(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ hidden: number; role: string }>(`
    select count(*)::int as hidden, current_user as role from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and row_security_active(oid)`);
  const [{ hidden, role } = { hidden: 0, role: '' }] = rows;
  if (hidden === 0) return;
  throw new Problem(
    'unavailable',
    `Row-level security hides the rows of ${hidden} tables from the role "${role}": ` +
      'its backup would hold no row of any workspace. Back up as a member of ' +
      `${backupRole}: --from postgres://tributary_dump@host/tributary`,
  );
}

/**
 * Creates a database on the server of `url`, passes its URL to `work`, and drops it afterwards,
 * also on failure and on Ctrl-C.
 */
export async function withScratchDatabase<T>(
  url: string,
  work: (scratchUrl: string) => Promise<T>,
): Promise<T> {
  const name = `tributary_drill_${randomBytes(4).toString('hex')}`;
  const scratch = new URL(url);
  scratch.pathname = `/${name}`;
  const drop = () => runOnServer(url, `drop database if exists ${name} with (force)`);
  const interrupted = () => void drop().finally(() => process.exit(130));
  await runOnServer(url, `create database ${name} template template0 encoding 'UTF8'`).catch(
    explainRefusal,
  );
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await work(scratch.href);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    await drop();
  }
}

async function runOnServer(url: string, statement: string): Promise<void> {
  const client = await connect(url);
  await client.query(statement).finally(() => client.end());
}

function explainRefusal(error: unknown): never {
  if (!(error instanceof pg.DatabaseError) || error.code !== '42501') throw error;
  throw new Problem(
    'unavailable',
    'This login may not create the scratch database. Choose one ' +
      'that may: --into postgres://postgres@host/postgres',
  );
}
