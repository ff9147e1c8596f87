import { sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';

/**
 * Deletes events older than `days`. The app role has no right to delete: the function of the
 * database does it with its owner's, and keeps at least 90 days whatever it is asked.
 */
export async function pruneAudit(days: number): Promise<void> {
  await globalDb().execute(sql`select prune_audit_events(${days})`);
}
