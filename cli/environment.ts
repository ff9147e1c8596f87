import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadEnvFile } from '../src/lib/platform/config.ts';
import { ensureDataDirectory, loadLocalSecrets } from '../scripts/environment.ts';

/**
 * Reads `.env`, as web and worker do. Without a DATABASE_URL, commands use the database of a
 * running `npm start`.
 */
export function prepareEnvironment(): void {
  loadEnvFile();
  process.env['LOG_LEVEL'] ||= 'error';
  if (process.env['DATABASE_URL']) return;
  const directory = ensureDataDirectory();
  const root = path.join(directory, 'postgres');
  const pidFile = path.join(root, 'cluster', 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const { APP_PASSWORD, ...secrets } = loadLocalSecrets(directory);
  for (const [name, value] of Object.entries(secrets)) process.env[name] ||= value;
  const port = readFileSync(pidFile, 'utf8').split('\n')[3];
  process.env['DATABASE_URL'] =
    `postgres://tributary_login:${APP_PASSWORD}@127.0.0.1:${port}/postgres`;
  const ownerPassword = readFileSync(path.join(root, 'password'), 'utf8').trim();
  process.env['DATABASE_OWNER_URL'] ||=
    `postgres://postgres:${ownerPassword}@127.0.0.1:${port}/postgres`;
  process.env['ALLOW_LOOPBACK_PROVIDERS'] ||= '1';
  process.env['NODE_ENV'] ||= 'development';
}
