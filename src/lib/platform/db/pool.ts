import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { isCancelled, throwIfCancelled } from './cancel.ts';
import { isTransient } from './retry.ts';

/** The role of web and worker: owns nothing and is bound by row-level security. */
export const appRole = 'tributary_app';
export const backupRole = 'tributary_backup';
/** Owns the function that searches leads, and may read the one table that it needs. */
export const searchRole = 'tributary_search';

export type Database = NodePgDatabase & { $client: pg.Pool };
/** A transaction. Tenant tables are reached only through the one that `withTenant` hands out. */
export type Tx = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface DatabaseHandle {
  db: Database;
  pool: pg.Pool;
  close(): Promise<void>;
}

export interface PoolOptions {
  url: string;
  size?: number;
  /** Set as the session's role; undefined keeps the login's own. */
  role?: string | undefined;
  applicationName?: string;
  /** How long a connection may take to be made. Default 10,000 ms. */
  connectTimeoutMs?: number;
  /** Called when an idle connection breaks: without a listener the process would end. */
  onError?: (error: Error) => void;
}

/** Session settings of every connection; time-outs are in milliseconds. */
export function sessionOptions(role?: string): string {
  const settings = {
    ...(role === undefined ? {} : { role }),
    statement_timeout: 60_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 30_000,
    timezone: 'UTC',
    // Our queries are short: starting parallel workers would take longer than they save.
    max_parallel_workers_per_gather: 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
}

/** Opens a pool. Connections are made on demand. */
export function openDatabase(options: PoolOptions): DatabaseHandle {
  const ignore = () => {};
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.size ?? 10,
    options: sessionOptions(options.role),
    application_name: options.applicationName ?? 'tributary',
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
  });
  keepContext(pool);
  pool.on('error', options.onError ?? ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return { db: withSafeTransactions(pool), pool, close: () => pool.end() };
}

/**
 * Lets every query of the pool run in the async context of its caller. pg-pool 3.14.0 starts a
 * query that waited for a connection in the context of whoever gave the connection back, and a
 * query would be cancelled with the work of somebody else.
 */
function keepContext(pool: pg.Pool): void {
  const connect = pool.connect.bind(pool) as (callback?: () => void) => unknown;
  const connectInContext = (callback?: () => void) =>
    connect(callback && AsyncLocalStorage.bind(callback));
  Object.assign(pool, { connect: connectInContext });
}

/**
 * Checks out the connection of each transaction itself. drizzle-orm 0.45.4 never releases a pooled
 * connection whose BEGIN fails, as it does on one that has just died; after `max` of those, every
 * caller would wait forever.
 */
function withSafeTransactions(pool: pg.Pool): Database {
  const db = drizzle({ client: pool });
  db.transaction = async (work, mode) => {
    const client = await checkOut(pool);
    let broken = false;
    try {
      return (await getDrizzle(client).transaction(work as never, mode)) as never;
    } catch (error) {
      // Cancelled work cannot even roll back: closing the connection does it.
      broken = isTransient(error) || isCancelled();
      throw error;
    } finally {
      client.release(broken);
    }
  };
  return db;
}

/**
 * A connection of the pool; work that was cancelled while it waited for one gives it back unused.
 */
export async function checkOut(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  if (isCancelled()) client.release();
  throwIfCancelled();
  return client;
}

const wrapped = new WeakMap<
  pg.PoolClient,
  ReturnType<typeof drizzle<Record<string, never>, pg.PoolClient>>
>();

function getDrizzle(client: pg.PoolClient) {
  const wrappedClient = wrapped.get(client) ?? drizzle({ client });
  wrapped.set(client, wrappedClient);
  return wrappedClient;
}
