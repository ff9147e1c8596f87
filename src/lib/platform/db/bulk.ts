import { getTableColumns, getTableName, sql, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Tx } from './pool.ts';

type Row = Record<string, unknown>;

/*
 * Many rows in one statement with one parameter: the rows travel as JSON and the server types them by the table itself.
 * A parameter per value would cost more time than the write.
 */

/** Inserts rows (by property name). Every row must have the same properties. */
export async function insertRows(tx: Tx, table: PgTable, rows: readonly Row[]): Promise<void> {
  const first = rows[0];
  if (first === undefined) return;
  const columns = namesOf(table, Object.keys(first));
  const list = join(columns);
  await tx.execute(sql`insert into ${table} (${list}) select ${list} from ${recordset(table, rows)}`);
}

/** Updates rows found by tenant and `id` (both must be among the properties). */
export async function updateRows(tx: Tx, table: PgTable, tenantId: string, rows: readonly Row[]): Promise<void> {
  const first = rows[0];
  if (first === undefined) return;
  const columns = namesOf(table, Object.keys(first)).filter((name) => name !== 'tenant_id' && name !== 'id');
  const assignments = sql.join(columns.map((name) => sql`${sql.identifier(name)} = incoming.${sql.identifier(name)}`), sql`, `);
  await tx.execute(sql`
    update ${table} set ${assignments} from ${recordset(table, rows)}
    where ${table}.tenant_id = ${tenantId} and ${table}.id = incoming.id`);
}

/** Rows (by property name) as a set that the server types by the table; it is called `incoming`. */
export function recordset(table: PgTable, rows: readonly object[]): SQL {
  const columns = getTableColumns(table);
  const renamed = rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [columns[key]?.name ?? key, value])));
  return sql`json_populate_recordset(null::${sql.identifier(getTableName(table))}, ${JSON.stringify(renamed)}::json) as incoming`;
}

/** The column names of properties. */
export function namesOf(table: PgTable, properties: readonly string[]): string[] {
  const columns = getTableColumns(table);
  return properties.map((property) => {
    const column = columns[property];
    if (column === undefined) throw new Error(`${getTableName(table)} has no column for "${property}"`);
    return column.name;
  });
}

const join = (names: readonly string[]) => sql.join(names.map((name) => sql.identifier(name)), sql`, `);
