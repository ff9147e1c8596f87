import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { resetConfig } from '../../src/lib/platform/config.ts';

/**
 * What web, worker and this process run with on a database of the benchmark. Throw-away secrets;
 * otherwise as in production.
 */
export function benchEnv(appUrl: string): Record<string, string> {
  return {
    NODE_ENV: 'production',
    DATABASE_URL: appUrl,
    PUBLIC_URL: 'http://127.0.0.1',
    AUTH_SECRET: 'a-secret-that-only-benchmarks-use-01234',
    TRIBUTARY_KEYS: `b1:${Buffer.alloc(32, 9).toString('base64')}`,
    ALLOW_LOOPBACK_PROVIDERS: '1',
    LOG_LEVEL: 'warn',
  };
}

/**
 * Points this process's own configuration and pool at a database; `ownerUrl` is for those that
 * create workspaces.
 */
export async function useDatabase(appUrl: string, ownerUrl = ''): Promise<void> {
  await closeDatabase();
  Object.assign(process.env, benchEnv(appUrl), { DATABASE_OWNER_URL: ownerUrl });
  resetConfig();
}
