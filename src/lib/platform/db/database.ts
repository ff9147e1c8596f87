import { config } from '../config.ts';
import { log } from '../log.ts';
import { timeQueries } from './query-time.ts';
import { appRole, openDatabase, type Database, type DatabaseHandle } from './pool.ts';

let handle: DatabaseHandle | undefined;

/** This process's pool, acting as the app role. Opened on first use. */
export function database(): DatabaseHandle {
  handle ??= open();
  return handle;
}

function open(): DatabaseHandle {
  const opened = openDatabase({
    url: config().DATABASE_URL,
    size: config().DATABASE_POOL_SIZE,
    role: appRole,
    onError: (error) => log.warn({ event: 'db.idle_connection_lost', reason: error.message }, 'An idle database connection broke'),
  });
  opened.pool.on('connect', timeQueries);
  return opened;
}

/** For tables that belong to no tenant. Tenant tables answer with no rows here: use `withTenant`. */
export function globalDb(): Database {
  return database().db;
}

export async function closeDatabase(): Promise<void> {
  await handle?.close();
  handle = undefined;
}
