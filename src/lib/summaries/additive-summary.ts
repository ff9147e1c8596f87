import { sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { toColumnNames, recordset } from '../platform/db/bulk.ts';
import type { Tx } from '../platform/db/pool.ts';

/** A summary table of sums: one row per key, deleted when its count reaches 0. */
export interface AdditiveSummary {
  /** The table by day. */
  table: PgTable;
  /**
   * The same columns by month, under the first day of the month, so that long ranges read a
   * thirtieth of the rows.
   */
  months: PgTable;
  /** The property with the day; one of `keys`. */
  day: string;
  /** The properties of the key, besides the tenant. */
  keys: readonly string[];
  /** The properties that are summed; the first one counts rows. */
  sums: readonly [string, ...string[]];
  /** The condition for the rows that a recount covers. Absent: all. */
  only?: SQL;
}

/**
 * Adds deltas to a summary, by day and by month, in the transaction that made the changes. It
 * writes in key order, so that two writers of one tenant never deadlock.
 */
export async function addToSummary(
  tx: Tx,
  summary: AdditiveSummary,
  tenantId: string,
  deltas: readonly object[],
): Promise<void> {
  if (deltas.length === 0) return;
  const { table, months } = summary;
  const { keys, sums, all, monthlyKeys, totals } = toParts(summary);
  await tx.execute(sql`
    with delta as materialized (select ${all} from ${recordset(table, deltas)}),
    by_month as (
      insert into ${months} (tenant_id, ${all})
      select ${tenantId}::uuid, ${totals}
      from (select ${joinParts([monthlyKeys, ...sums])} from delta) as moved
      group by ${keys} order by ${keys}
      on conflict (tenant_id, ${keys}) do update set ${toAdditions(months, sums)})
    insert into ${table} (tenant_id, ${all})
    select ${tenantId}::uuid, ${all} from delta order by ${keys}
    on conflict (tenant_id, ${keys}) do update set ${toAdditions(table, sums)}`);
  await removeEmpty(tx, summary, tenantId, deltas);
}

/** The lists of columns that the statements are made of. */
function toParts(summary: AdditiveSummary) {
  const keys = toColumns(summary.table, summary.keys);
  const sums = toColumns(summary.table, summary.sums);
  const [day] = toColumns(summary.table, [summary.day]);
  return {
    keys: joinParts(keys),
    sums,
    all: joinParts([...keys, ...sums]),
    /** The keys, with the day replaced by the first of its month. */
    monthlyKeys: joinParts(
      summary.keys.map((key, index) =>
        key === summary.day ? sql`${toMonth(day)} as ${day}` : sql`${keys[index]}`,
      ),
    ),
    totals: joinParts([...keys, ...sums.map((sum) => sql`sum(${sum})`)]),
  };
}

/**
 * Corrects a summary by the difference to a fresh count. `counted` is a query for that count by
 * day, with the columns of the keys and sums.
 */
export async function recountSummary(
  tx: Tx,
  summary: AdditiveSummary,
  tenantId: string,
  counted: SQL,
): Promise<void> {
  const { keys, monthlyKeys } = toParts(summary);
  await recountTable(tx, summary, tenantId, summary.table, keys, counted);
  await recountTable(tx, summary, tenantId, summary.months, monthlyKeys, counted);
}

/** Adds, for each key, the count minus the stored sums, and deletes rows whose count is then 0. */
async function recountTable(
  tx: Tx,
  summary: AdditiveSummary,
  tenantId: string,
  table: PgTable,
  expectedKeys: SQL,
  counted: SQL,
): Promise<void> {
  const { keys, sums, all, totals } = toParts(summary);
  const stored = joinParts([keys, ...sums.map((sum) => sql`-${sum}`)]);
  const differs = sql.join(
    sums.map((sum) => sql`sum(${sum}) <> 0`),
    sql` or `,
  );
  await tx.execute(sql`
    insert into ${table} (tenant_id, ${all})
    select ${tenantId}::uuid, ${totals} from (
      select ${joinParts([expectedKeys, ...sums])} from (${counted}) as counted
      union all
      select ${stored} from ${table}
      where tenant_id = ${tenantId} and ${summary.only ?? sql`true`}) as compared
    group by ${keys} having ${differs} order by ${keys}
    on conflict (tenant_id, ${keys}) do update set ${toAdditions(table, sums)}`);
  const [count] = toColumns(table, [summary.sums[0]]);
  await tx.execute(sql`delete from ${table} where tenant_id = ${tenantId} and ${count} = 0`);
}

/** Deletes rows whose count has reached 0. Only keys with a negative delta can have. */
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
    const [countColumn] = toColumns(table, [count]);
    await tx.execute(sql`
      delete from ${table} using ${recordset(summary.table, shrunk)}
      where ${table}.tenant_id = ${tenantId}::uuid and ${table}.${countColumn} = 0
        and ${whereIncomingKey(summary, table)}`);
  }
}

/** Joins a table of the summary with the incoming deltas, which are by day. */
function whereIncomingKey({ keys, day, months }: AdditiveSummary, table: PgTable): SQL {
  const conditions = keys.map((property) => {
    const [column] = toColumns(table, [property]);
    const value = sql`incoming.${column}`;
    const isMonth = property === day && table === months;
    return sql`${table}.${column} = ${isMonth ? toMonth(value) : value}`;
  });
  return sql.join(conditions, sql` and `);
}

function toAdditions(table: PgTable, sums: readonly SQL[]): SQL {
  return joinParts(sums.map((sum) => sql`${sum} = ${table}.${sum} + excluded.${sum}`));
}

const toMonth = (day: SQL | undefined) => sql`date_trunc('month', ${day}::timestamp)::date`;
const joinParts = (parts: readonly SQL[]) => sql.join([...parts], sql`, `);

function toColumns(table: PgTable, properties: readonly string[]): SQL[] {
  return toColumnNames(table, properties).map((name) => sql`${sql.identifier(name)}`);
}
