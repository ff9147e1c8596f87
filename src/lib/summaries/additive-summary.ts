import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { toColumnNames, recordset } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';

/** A rollup whose figures are sums: a row for each key, gone when nothing is left to count. */
export interface AdditiveSummary {
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
export async function addToSummary(
  tx: Tx,
  summary: AdditiveSummary,
  tenantId: string,
  deltas: readonly object[],
): Promise<void> {
  if (deltas.length === 0) return;
  const { table, months } = summary;
  const keys = toColumns(table, summary.keys);
  const sums = toColumns(table, summary.sums);
  const all = joinParts([...keys, ...sums]);
  const [day] = toColumns(table, [summary.day]);
  const monthly = joinParts([
    ...summary.keys.map((key, index) =>
      key === summary.day ? sql`${toMonth(day)} as ${day}` : sql`${keys[index]}`,
    ),
    ...sums,
  ]);
  await tx.execute(sql`
    with delta as materialized (select ${all} from ${recordset(table, deltas)}),
    by_month as (
      insert into ${months} (tenant_id, ${all})
      select ${tenantId}::uuid, ${joinParts([...keys, ...sums.map((sum) => sql`sum(${sum})`)])} from (select ${monthly} from delta) as moved
      group by ${joinParts(keys)} order by ${joinParts(keys)}
      on conflict (tenant_id, ${joinParts(keys)}) do update set ${toAdditions(months, sums)})
    insert into ${table} (tenant_id, ${all})
    select ${tenantId}::uuid, ${all} from delta order by ${joinParts(keys)}
    on conflict (tenant_id, ${joinParts(keys)}) do update set ${toAdditions(table, sums)}`);
  await removeEmpty(tx, summary, tenantId, deltas);
}

/**
 * Adds to a rollup what it is off by. `counted` is a query for what it should be by day: its keys
 * and sums, by the names of their columns.
 */
export async function recountSummary(
  tx: Tx,
  summary: AdditiveSummary,
  tenantId: string,
  counted: SQL,
): Promise<void> {
  const keys = toColumns(summary.table, summary.keys);
  const sums = toColumns(summary.table, summary.sums);
  const [day] = toColumns(summary.table, [summary.day]);
  const only = summary.only ?? sql`true`;
  const monthly = joinParts(
    summary.keys.map((key, index) =>
      key === summary.day ? sql`${toMonth(day)} as ${day}` : sql`${keys[index]}`,
    ),
  );
  for (const { table, expected } of [
    { table: summary.table, expected: joinParts(keys) },
    { table: summary.months, expected: monthly },
  ]) {
    const all = joinParts([...keys, ...sums]);
    await tx.execute(sql`
      insert into ${table} (tenant_id, ${all})
      select ${tenantId}::uuid, ${joinParts([...keys, ...sums.map((sum) => sql`sum(${sum})`)])} from (
        select ${joinParts([expected, ...sums])} from (${counted}) as counted
        union all select ${joinParts([...keys, ...sums.map((sum) => sql`-${sum}`)])} from ${table} where tenant_id = ${tenantId} and ${only}) as compared
      group by ${joinParts(keys)} having ${sql.join(
        sums.map((sum) => sql`sum(${sum}) <> 0`),
        sql` or `,
      )} order by ${joinParts(keys)}
      on conflict (tenant_id, ${joinParts(keys)}) do update set ${toAdditions(table, sums)}`);
    await tx.execute(
      sql`delete from ${table} where tenant_id = ${tenantId} and ${toColumns(table, [summary.sums[0]])[0]} = 0`,
    );
  }
}

async function removeEmpty(
  tx: Tx,
  summary: AdditiveSummary,
  tenantId: string,
  deltas: readonly object[],
): Promise<void> {
  const [count] = summary.sums;
  const shrunk = deltas.filter((delta) => Number((delta as Record<string, unknown>)[count]) < 0);
  if (shrunk.length === 0) return;
  for (const table of [summary.table, summary.months]) {
    const toKeyCondition = (property: string): SQL => {
      const [column] = toColumns(table, [property]);
      const incomingValue = sql`incoming.${column}`;
      return sql`${table}.${column} = ${property === summary.day && table === summary.months ? toMonth(incomingValue) : incomingValue}`;
    };
    await tx.execute(sql`
      delete from ${table} using ${recordset(summary.table, shrunk)}
      where ${table}.tenant_id = ${tenantId}::uuid and ${table}.${toColumns(table, [count])[0]} = 0 and ${sql.join(summary.keys.map(toKeyCondition), sql` and `)}`);
  }
}

function toAdditions(table: PgTable, sums: readonly SQL[]): SQL {
  return joinParts(sums.map((sum) => sql`${sum} = ${table}.${sum} + excluded.${sum}`));
}

const toMonth = (day: SQL | undefined) => sql`date_trunc('month', ${day}::timestamp)::date`;
const joinParts = (parts: readonly SQL[]) => sql.join([...parts], sql`, `);

function toColumns(table: PgTable, properties: readonly string[]): SQL[] {
  return toColumnNames(table, properties).map((name) => sql`${sql.identifier(name)}`);
}
