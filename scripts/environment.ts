import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { appRole } from '../src/lib/platform/db/pool.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';

export type Environment = Record<string, string | undefined>;

/** Where `npm start` keeps what outlives it. */
export function ensureDataDirectory(): string {
  const directory = path.resolve(process.env['TRIBUTARY_DATA_DIR'] || '.data');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Secrets of a local start, made once and kept; those of the environment win. */
export function loadLocalSecrets(directory: string): Environment {
  const file = path.join(directory, 'secrets.json');
  if (!existsSync(file)) {
    const made = {
      AUTH_SECRET: randomBytes(32).toString('base64'),
      TRIBUTARY_KEYS: `local:${randomBytes(32).toString('base64')}`,
      APP_PASSWORD: randomBytes(18).toString('base64url'),
    };
    writeFileSync(file, JSON.stringify(made, null, 2), { mode: 0o600 });
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Environment;
}

export interface LocalDatabase {
  ownerUrl: string;
  /**
   * Given before the roles exist: usable once the migrations have run and `createLogin` was called.
   */
  appUrl: string;
  embedded: EmbeddedPostgres | undefined;
}

/** The database of DATABASE_URL, else the embedded one. */
export async function openLocalDatabase(
  directory: string,
  appPassword: string,
): Promise<LocalDatabase> {
  const given = process.env['DATABASE_URL'];
  if (given)
    return {
      ownerUrl: process.env['DATABASE_OWNER_URL'] || given,
      appUrl: given,
      embedded: undefined,
    };
  const embedded = await startEmbeddedPostgres({ directory: path.join(directory, 'postgres') });
  const app = new URL(embedded.url);
  app.username = loginName;
  app.password = appPassword;
  return { ownerUrl: embedded.url, appUrl: app.href, embedded };
}

const loginName = 'tributary_login';

/**
 * A login of its own for web and worker on the embedded server: it is no superuser and can only
 * become the app role.
 */
export async function createLogin(ownerUrl: string, appPassword: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_roles where rolname = $1', [loginName]);
    const verb = found.rowCount ? 'alter' : 'create';
    await client.query(
      `${verb} role ${loginName} login noinherit password ${client.escapeLiteral(appPassword)}`,
    );
    await client.query(`grant ${appRole} to ${loginName}`);
  } finally {
    await client.end();
  }
}
