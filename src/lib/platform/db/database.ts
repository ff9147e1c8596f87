import pg from 'pg';
import { config } from '../config.ts';
import { Problem } from '../errors.ts';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';
import { makeCancellable } from './cancel.ts';
import { timeQueries } from './query-time.ts';
import { appRole, openDatabase, type Database, type DatabaseHandle } from './pool.ts';

let handle: DatabaseHandle | undefined;
let replica: DatabaseHandle | undefined;

/** This process's pool, acting as the app role. Opened on first use. */
export function database(): DatabaseHandle {
  handle ??= open(config().DATABASE_URL);
  return handle;
}

/** The pool of the read replica, if there is one. `readFromReplica` decides when to use it. */
export function replicaDatabase(): DatabaseHandle | undefined {
  const url = config().DATABASE_READ_URL;
  if (url !== undefined) replica ??= open(url, { connectTimeoutMs: 1_000 });
  return replica;
}

function open(url: string, more: { connectTimeoutMs?: number } = {}): DatabaseHandle {
  const opened = openDatabase({
    url,
    ...more,
    size: config().DATABASE_POOL_SIZE,
    role: appRole,
    onError: (error) =>
      log.warn(
        { event: 'db.idle_connection_lost', reason: safeReason(error) },
        'An idle database connection broke',
      ),
  });
  opened.pool.on('connect', makeCancellable);
  opened.pool.on('connect', timeQueries);
  return opened;
}

/** For tables that belong to no tenant. Tenant tables return no rows here: use `withTenant`. */
export function globalDb(): Database {
  return database().db;
}

/**
 * Runs `work` with the login of DATABASE_OWNER_URL, else with that of DATABASE_URL but without the
 * app role: for what only operators do, at the command line. Throws Problem `forbidden` when the
 * login may not do it either.
 */
export async function withOwner<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const { DATABASE_OWNER_URL, DATABASE_URL } = config();
  const opened = openDatabase({ url: DATABASE_OWNER_URL ?? DATABASE_URL, size: 1 });
  try {
    return await work(opened.db);
  } catch (error) {
    throw isDenied(error) ? ownerNeeded() : error;
  } finally {
    await opened.close();
  }
}

/** SQLSTATE insufficient_privilege, which drizzle wraps. */
function isDenied(error: unknown): boolean {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return cause instanceof pg.DatabaseError && cause.code === '42501';
}

const ownerNeeded = (): Problem =>
  new Problem(
    'forbidden',
    'Only the owner of the database may do this: the login of web and worker has no right to. ' +
      'Set DATABASE_OWNER_URL for this command, as for npm run migrate.',
  );

export async function closeDatabase(): Promise<void> {
  await Promise.all([handle?.close(), replica?.close()]);
  handle = undefined;
  replica = undefined;
}
