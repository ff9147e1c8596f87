import { sql } from 'drizzle-orm';
import type { Tx } from './pool.ts';

/**
 * The current time of the database, which all processes share, not that of the transaction start.
 */
export async function readDatabaseTime(tx: Tx): Promise<Date> {
  const {
    rows: [row],
  } = await tx.execute<{ at: string }>(sql`select clock_timestamp() as at`);
  if (row === undefined) throw new Error('The database returned no time');
  return new Date(row.at);
}
