import { sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';

/*
 * Rows are looked up by their domain, hundreds of times in a statement. The planner knows nothing of a table that was not
 * analysed yet: every index of it seems as good as the one by domain, and it would read the whole tenant for each domain. So
 * the rows are asked for in the order of their domain, while sorting is forbidden: only that index gives them so.
 */

/** Live rows of one domain, for a query with `order by domain` inside `throughOrder`. An equation would make the order of no account. */
export const ofDomain = (tenantId: string, domain: SQL): SQL => sql`tenant_id = ${tenantId} and domain >= ${domain} and domain <= ${domain} and deleted_at is null`;

/** Runs one statement whose rows come in the order of an index. */
export async function throughOrder<T>(tx: Tx, statement: () => Promise<T>): Promise<T> {
  await tx.execute(sql`set local enable_sort = off`);
  const result = await statement();
  await tx.execute(sql`set local enable_sort = on`);
  return result;
}
