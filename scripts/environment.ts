import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.ts';

export type Environment = Record<string, string | undefined>;

/** Creates and returns the directory in which `npm start` keeps its data. */
export function ensureDataDirectory(): string {
  const directory = path.resolve(process.env['TRIBUTARY_DATA_DIR'] || '.data');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/**
 * The secrets of a local start, generated once and stored; those in the environment take
 * precedence.
 */
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

/** The login of web and worker on the embedded server. */
export const loginName = 'tributary_login';

export interface LocalDatabase {
  ownerUrl: string;
  /** Usable only after the migrations and `createLogin`, which create its roles. */
  appUrl: string;
  embedded: EmbeddedPostgres | undefined;
}

/** Opens the database of DATABASE_URL, else the embedded one. */
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
