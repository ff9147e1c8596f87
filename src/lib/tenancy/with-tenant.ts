import { sql } from 'drizzle-orm';
import { globalDb } from '../platform/db/database.ts';
import { isId } from '../platform/id.ts';
import type { Tx } from '../platform/db/pool.ts';

/**
 * The only door to tenant tables: one transaction that row-level security binds to `tenantId`.
 * The setting ends with the transaction, so a pooled connection never carries it on. Never await the network inside.
 */
export function withTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return inTenant(tenantId, fn, undefined);
}

/** As `withTenant`, but reads only, and every query inside sees the same moment: figures and rows agree. */
export function readTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>): Promise<T> {
  return inTenant(tenantId, fn, { isolationLevel: 'repeatable read', accessMode: 'read only' });
}

type TransactionMode = { isolationLevel: 'repeatable read'; accessMode: 'read only' } | undefined;

function inTenant<T>(tenantId: string, fn: (tx: Tx) => Promise<T>, mode: TransactionMode): Promise<T> {
  if (!isId(tenantId)) throw new Error('withTenant needs the id of a tenant');
  return globalDb().transaction(async (tx) => {
    await tx.execute(sql`select set_config('app.tenant_id', ${tenantId}, true)`);
    return fn(tx);
  }, mode);
}
