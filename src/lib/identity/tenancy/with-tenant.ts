import { sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { isId } from '../../platform/id.ts';
import type { Database, Tx } from '../../platform/db/pool.ts';
import { readFromReplica } from '../../platform/db/replica.ts';
import { retryOnDbOutage } from '../../platform/db/retry.ts';

/**
 * The only door to tenant tables: one transaction that row-level security binds to `tenantId`. The
 * setting ends with the transaction, so a pooled connection never carries it on. Never await the
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
   * Whether what is read may be some seconds old, so that a replica may answer: yes for what
   * workers bring in, no for what the visitor may just have written, and for the state of the
   * syncs.
   */
  mayLag?: boolean;
}

/**
 * As `withTenant`, but reads only, and every query inside sees the same moment: figures and rows
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
