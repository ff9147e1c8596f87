import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { Tx } from './pool.ts';

/*
 * Settings for statements whose plan must not depend on statistics. Without them (a table that was
 * never analysed, or a tenant that was added since) the planner assumes that the tenant has next to
 * no rows, and chooses what is good for a few.
 */

/**
 * Runs one statement with sorting disabled, so that the planner has to use the index that returns
 * the rows in the requested order.
 *
 * This is for statements that look up rows by a key hundreds of times. Every index that begins with
 * the tenant would seem as good as the one with the key, and the statement would read the whole
 * tenant for each row.
 */
export const withSortDisabled = <T>(tx: Tx, statement: () => Promise<T>): Promise<T> =>
  withSettings(tx, { enable_sort: 'off' }, statement);

/**
 * `column = value` for a statement that returns its rows in the order of the column, with sorting
 * disabled. It is written as a range, because with `=` the planner would drop the order, by which it
 * is made to choose the index of the key.
 */
export const equalsInOrder = (column: SQLWrapper, value: SQLWrapper): SQL =>
  sql`${column} >= ${value} and ${column} <= ${value}`;

/**
 * Runs one statement with nested loops disabled and with room for the hash table of any sub-select.
 *
 * This is for statements that compare all rows of a stream with all that is listed or deleted. A
 * nested loop, or a sub-select that is scanned for each row because its hash table was expected to
 * be too large, would take a time that grows with the square of the rows.
 */
export const withHashing = <T>(tx: Tx, statement: () => Promise<T>): Promise<T> =>
  withSettings(tx, { enable_nestloop: 'off', hash_mem_multiplier: '1000' }, statement);

async function withSettings<T>(
  tx: Tx,
  settings: Readonly<Record<string, string>>,
  statement: () => Promise<T>,
): Promise<T> {
  for (const [name, value] of Object.entries(settings))
    await tx.execute(sql.raw(`set local ${name} = ${value}`));
  const result = await statement();
  for (const name of Object.keys(settings))
    await tx.execute(sql.raw(`set local ${name} to default`));
  return result;
}
