import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { templateName } from './global-setup.ts';

/** A database of the test file's own, cloned from the migrated template. */
export interface TestDatabase {
  /** Superuser URL: SQL as the truth. */
  url: string;
  /** Runs SQL as superuser, past row-level security. */
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(
    text: string,
    values?: unknown[],
  ): Promise<Row[]>;
}

/**
 * Environment that any of our processes can start with on `databaseUrl`. Fixed throw-away secrets.
 */
export function testEnv(databaseUrl: string): Record<string, string> {
  return {
    NODE_ENV: 'test',
    DATABASE_URL: databaseUrl,
    AUTH_SECRET: 'a-secret-that-only-tests-use-0123456789',
    TRIBUTARY_KEYS: `t1:${Buffer.alloc(32, 7).toString('base64')}`,
    ALLOW_LOOPBACK_PROVIDERS: '1',
    REQUIRE_STAFF_TWO_FACTOR: '0',
    SYNC_RETRY_BASE_MS: '5',
    LOG_LEVEL: 'silent',
  };
}

/**
 * Gives the test file its own database and points this process's configuration at it. Call at the
 * top of a file.
 */
export function useDatabase(): TestDatabase {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const adminUrl = inject('adminUrl');
  const own = new URL(adminUrl);
  own.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: own.href, max: 3 });
  pool.on('error', () => {});
  Object.assign(process.env, testEnv(own.href));
  beforeAll(() => onServer(adminUrl, `create database ${name} template ${templateName}`));
  afterAll(async () => {
    await closeDatabase();
    await pool.end();
    await onServer(adminUrl, `drop database if exists ${name} with (force)`);
  });
  return {
    url: own.href,
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Two files may clone at once, and a clone refuses while another one reads the template.
    for (let attempt = 0; ; attempt += 1) {
      try {
        await client.query(statement);
        return;
      } catch (error) {
        if (!(error instanceof pg.DatabaseError) || error.code !== '55006' || attempt > 50)
          throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  } finally {
    await client.end();
  }
}
