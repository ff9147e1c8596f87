import { sql } from 'drizzle-orm';
import type { Tx } from './pool.ts';

/**
 * What the database's clock shows at this moment, not at the beginning of the transaction. All
 * processes share it.
 */
export async function readDatabaseTime(tx: Tx): Promise<Date> {
  const {
    rows: [row],
  } = await tx.execute<{ at: string }>(sql`select clock_timestamp() as at`);
  if (row === undefined) throw new Error('The database did not tell the time');
  return new Date(row.at);
}
