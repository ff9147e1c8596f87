import { sql } from 'drizzle-orm';
import type { Tx } from './pool.ts';

/**
 * Runs one statement whose rows come in the order of an index, while sorting is forbidden: only
 * that index gives them so.
 *
 * For rows that are looked up by a key hundreds of times in a statement. The planner knows nothing
 * of a table that was not analysed yet, nor of a tenant that came after the last time: it takes the
 * tenant's rows for none, so that every index that begins with the tenant seems as good as the key,
 * and it would read the whole tenant for each row.
 */
export async function withSortDisabled<T>(tx: Tx, statement: () => Promise<T>): Promise<T> {
  await tx.execute(sql`set local enable_sort = off`);
  const result = await statement();
  await tx.execute(sql`set local enable_sort = on`);
  return result;
}
