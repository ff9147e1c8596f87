import { sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';

/**
 * Runs a read-only transaction that sees the events of every workspace, and those of none. The
 * caller has checked that the person is staff of every workspace.
 */
export function readAllAudit<T>(fn: (tx: Tx) => Promise<T>): Promise<T> {
  return globalDb().transaction(
    async (tx) => {
      await tx.execute(sql`select set_config('app.audit_scope', 'installation', true)`);
      return fn(tx);
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}
