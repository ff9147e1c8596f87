import { sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { isId } from '../../platform/id.ts';
import type { Database, Tx } from '../../platform/db/pool.ts';
import { readFromReplica } from '../../platform/db/replica.ts';
import { retryOnDbOutage } from '../../platform/db/retry.ts';

/**
 * The only access to tenant tables: runs a transaction that row-level security binds to `tenantId`.
 * The setting ends with the transaction, so a pooled connection never keeps it. Never await the
 * network inside.
 */
export function withTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return runInTenant(globalDb(), tenantId, fn, undefined);
}

/**
 * As `withTenant`, but outlasts a restart of the database: the transaction is repeated for up to a
 * minute while the database is away, so `fn` must bear being run twice.
 */
export function retryInTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return retryOnDbOutage(() => withTenant(tenantId, fn));
}

export interface ReadOptions {
  /**
   * Whether the data may be some seconds old, so that a replica can be read. True for synced data,
   * false for what the visitor may just have changed and for the state of syncs.
   */
  mayLag?: boolean;
}

/**
 * Like `withTenant`, but read-only and with one snapshot for all queries, so that figures and rows
 * agree. `fn` may run twice.
 */
export function readTenant<T>(
  tenantId: string,
  fn: (tx: Tx) => Promise<T>,
  { mayLag = false }: ReadOptions = {},
): Promise<T> {
  const read = (db: Database) =>
    runInTenant(db, tenantId, fn, { isolationLevel: 'repeatable read', accessMode: 'read only' });
  return mayLag ? readFromReplica(read) : read(globalDb());
}

type TransactionMode = { isolationLevel: 'repeatable read'; accessMode: 'read only' } | undefined;

function runInTenant<T>(
  db: Database,
  tenantId: string,
  fn: (tx: Tx) => Promise<T>,
  mode: TransactionMode,
): Promise<T> {
  if (!isId(tenantId)) throw new Error('withTenant needs the id of a tenant');
  return db.transaction(async (tx) => {
    await tx.execute(sql`select set_config('app.tenant_id', ${tenantId}, true)`);
    return fn(tx);
  }, mode);
}
