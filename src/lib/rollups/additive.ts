import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { namesOf, recordset } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';

/** A rollup whose figures are sums: a row for each key, gone when nothing is left to count. */
export interface AdditiveRollup {
  table: PgTable;
  /** Properties that make the key, besides the tenant. */
  keys: readonly string[];
  /** Properties that are added up; the first one counts rows. */
  sums: readonly [string, ...string[]];
}

/**
 * Adds deltas to a rollup, in the transaction that made the changes. In key order, so that two writers of one tenant
 * meet the rows in the same order and none waits for the other in a circle.
 */
export async function addToRollup(tx: Tx, rollup: AdditiveRollup, tenantId: string, deltas: readonly object[]): Promise<void> {
  if (deltas.length === 0) return;
  const { table } = rollup;
  const keys = columnList(table, rollup.keys);
  const sums = columnList(table, rollup.sums);
  const incoming = recordset(table, deltas);
  const additions = sql.join(sums.map((sum) => sql`${sum} = ${table}.${sum} + excluded.${sum}`), sql`, `);
  const all = sql.join([...keys, ...sums], sql`, `);
  await tx.execute(sql`
    insert into ${table} (tenant_id, ${all})
    select ${tenantId}::uuid, ${all} from ${incoming} order by ${sql.join(keys, sql`, `)}
    on conflict (tenant_id, ${sql.join(keys, sql`, `)}) do update set ${additions}`);
  await removeEmpty(tx, rollup, tenantId, deltas);
}

async function removeEmpty(tx: Tx, { table, keys, sums }: AdditiveRollup, tenantId: string, deltas: readonly object[]): Promise<void> {
  const [count] = sums;
  const shrunk = deltas.filter((delta) => Number((delta as Record<string, unknown>)[count]) < 0);
  if (shrunk.length === 0) return;
  const match = columnList(table, keys).map((key) => sql`${table}.${key} = incoming.${key}`);
  await tx.execute(sql`
    delete from ${table} using ${recordset(table, shrunk)}
    where ${table}.tenant_id = ${tenantId}::uuid and ${table}.${columnList(table, [count])[0]} = 0 and ${sql.join(match, sql` and `)}`);
}

function columnList(table: PgTable, properties: readonly string[]): SQL[] {
  return namesOf(table, properties).map((name) => sql`${sql.identifier(name)}`);
}
