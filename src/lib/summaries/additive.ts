import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { namesOf, recordset } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';

/** A rollup whose figures are sums: a row for each key, gone when nothing is left to count. */
export interface AdditiveRollup {
  /** By day. */
  table: PgTable;
  /**
   * The same columns by month, under the month's first day: long ranges read a thirtieth of the
   * rows.
   */
  months: PgTable;
  /** The property that holds the day; one of the keys. */
  day: string;
  /** Properties that make the key, besides the tenant. */
  keys: readonly string[];
  /** Properties that are added up; the first one counts rows. */
  sums: readonly [string, ...string[]];
  /** Which of its rows a recount is about. Absent: all. */
  only?: SQL;
}

/**
 * Adds deltas to a rollup by day and by month, in the transaction that made the changes. In key
 * order, so that two writers of one tenant meet the rows in the same order and none waits for the
 * other in a circle.
 */
export async function addToRollup(
  tx: Tx,
  rollup: AdditiveRollup,
  tenantId: string,
  deltas: readonly object[],
): Promise<void> {
  if (deltas.length === 0) return;
  const { table, months } = rollup;
  const keys = columnList(table, rollup.keys);
  const sums = columnList(table, rollup.sums);
  const all = list([...keys, ...sums]);
  const [day] = columnList(table, [rollup.day]);
  const monthly = list([
    ...rollup.keys.map((key, index) =>
      key === rollup.day ? sql`${monthOf(day)} as ${day}` : sql`${keys[index]}`,
    ),
    ...sums,
  ]);
  await tx.execute(sql`
    with delta as materialized (select ${all} from ${recordset(table, deltas)}),
    by_month as (
      insert into ${months} (tenant_id, ${all})
      select ${tenantId}::uuid, ${list([...keys, ...sums.map((sum) => sql`sum(${sum})`)])} from (select ${monthly} from delta) as moved
      group by ${list(keys)} order by ${list(keys)}
      on conflict (tenant_id, ${list(keys)}) do update set ${additions(months, sums)})
    insert into ${table} (tenant_id, ${all})
    select ${tenantId}::uuid, ${all} from delta order by ${list(keys)}
    on conflict (tenant_id, ${list(keys)}) do update set ${additions(table, sums)}`);
  await removeEmpty(tx, rollup, tenantId, deltas);
}

/**
 * Adds to a rollup what it is off by. `counted` is a query for what it should be by day: its keys
 * and sums, by the names of their columns.
 */
export async function recountAdditive(
  tx: Tx,
  rollup: AdditiveRollup,
  tenantId: string,
  counted: SQL,
): Promise<void> {
  const keys = columnList(rollup.table, rollup.keys);
  const sums = columnList(rollup.table, rollup.sums);
  const [day] = columnList(rollup.table, [rollup.day]);
  const only = rollup.only ?? sql`true`;
  const monthly = list(
    rollup.keys.map((key, index) =>
      key === rollup.day ? sql`${monthOf(day)} as ${day}` : sql`${keys[index]}`,
    ),
  );
  for (const { table, expected } of [
    { table: rollup.table, expected: list(keys) },
    { table: rollup.months, expected: monthly },
  ]) {
    const all = list([...keys, ...sums]);
    await tx.execute(sql`
      insert into ${table} (tenant_id, ${all})
      select ${tenantId}::uuid, ${list([...keys, ...sums.map((sum) => sql`sum(${sum})`)])} from (
        select ${list([expected, ...sums])} from (${counted}) as counted
        union all select ${list([...keys, ...sums.map((sum) => sql`-${sum}`)])} from ${table} where tenant_id = ${tenantId} and ${only}) as compared
      group by ${list(keys)} having ${sql.join(
        sums.map((sum) => sql`sum(${sum}) <> 0`),
        sql` or `,
      )} order by ${list(keys)}
      on conflict (tenant_id, ${list(keys)}) do update set ${additions(table, sums)}`);
    await tx.execute(
      sql`delete from ${table} where tenant_id = ${tenantId} and ${columnList(table, [rollup.sums[0]])[0]} = 0`,
    );
  }
}

async function removeEmpty(
  tx: Tx,
  rollup: AdditiveRollup,
  tenantId: string,
  deltas: readonly object[],
): Promise<void> {
  const [count] = rollup.sums;
  const shrunk = deltas.filter((delta) => Number((delta as Record<string, unknown>)[count]) < 0);
  if (shrunk.length === 0) return;
  for (const table of [rollup.table, rollup.months]) {
    const place = (property: string): SQL => {
      const [column] = columnList(table, [property]);
      const there = sql`incoming.${column}`;
      return sql`${table}.${column} = ${property === rollup.day && table === rollup.months ? monthOf(there) : there}`;
    };
    await tx.execute(sql`
      delete from ${table} using ${recordset(rollup.table, shrunk)}
      where ${table}.tenant_id = ${tenantId}::uuid and ${table}.${columnList(table, [count])[0]} = 0 and ${sql.join(rollup.keys.map(place), sql` and `)}`);
  }
}

function additions(table: PgTable, sums: readonly SQL[]): SQL {
  return list(sums.map((sum) => sql`${sum} = ${table}.${sum} + excluded.${sum}`));
}

const monthOf = (day: SQL | undefined) => sql`date_trunc('month', ${day}::timestamp)::date`;
const list = (parts: readonly SQL[]) => sql.join([...parts], sql`, `);

function columnList(table: PgTable, properties: readonly string[]): SQL[] {
  return namesOf(table, properties).map((name) => sql`${sql.identifier(name)}`);
}
