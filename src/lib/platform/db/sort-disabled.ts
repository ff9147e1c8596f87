import { sql } from 'drizzle-orm';
import type { Tx } from './pool.ts';

/**
 * Runs one statement with sorting disabled, so that the planner has to use the index that returns
 * the rows in the requested order.
 *
 * This is for statements that look up rows by a key hundreds of times. Without statistics (a table
 * that was never analysed, or a tenant that was added since) the planner assumes that the tenant
 * has no rows. Then every index that begins with the tenant seems as good as the one with the key,
 * and the statement would read the whole tenant for each row.
 */
export async function withSortDisabled<T>(tx: Tx, statement: () => Promise<T>): Promise<T> {
  await tx.execute(sql`set local enable_sort = off`);
  const result = await statement();
  await tx.execute(sql`set local enable_sort = on`);
  return result;
}
