import { getTableColumns, getTableName, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import { encodeArray } from './binary-array.ts';
import type { Tx } from './pool.ts';

type Row = Record<string, unknown>;

/*
 * Writes many rows in one statement with one parameter per column: an array of its values, in the
 * binary format where there is one. One parameter per value would take more time than the write
 * itself, and extracting rows from JSON costs the server as much as storing them.
 */

/** Inserts rows (by property name). Every row must have the same properties. */
export async function insertRows(tx: Tx, table: PgTable, rows: readonly Row[]): Promise<void> {
  const first = rows[0];
  if (first === undefined) return;
  const columns = toColumnNames(table, Object.keys(first));
  const list = joinIdentifiers(columns);
  await tx.execute(
    sql`insert into ${table} (${list}) select ${list} from ${recordset(table, rows)}`,
  );
}

/** Updates rows found by tenant and `id` (both must be among the properties). */
export async function updateRows(
  tx: Tx,
  table: PgTable,
  tenantId: string,
  rows: readonly Row[],
): Promise<void> {
  const first = rows[0];
  if (first === undefined) return;
  const columns = toColumnNames(table, Object.keys(first)).filter(
    (name) => name !== 'tenant_id' && name !== 'id',
  );
  const assignments = sql.join(
    columns.map((name) => sql`${sql.identifier(name)} = incoming.${sql.identifier(name)}`),
    sql`, `,
  );
  await tx.execute(sql`
    update ${table} set ${assignments} from ${recordset(table, rows)}
    where ${table}.tenant_id = ${tenantId} and ${table}.id = incoming.id`);
}

/**
 * Rows (by property name, the same in each) as a set that the server types by the table; it is
 * called `incoming`. At least one. A value that all rows share is sent once.
 */
export function recordset(table: PgTable, rows: readonly object[]): SQL {
  const columns = Object.keys(rows[0] ?? {}).map((property) => ({
    column: getColumn(table, property),
    values: rows.map((row) => toScalar((row as Row)[property])),
  }));
  const distinct = columns.filter(({ values }) => values.some((value) => value !== values[0]));
  // The array of at least one column tells the number of rows.
  const varying = distinct.length > 0 ? distinct : columns.slice(0, 1);
  const shared = columns
    .filter((each) => !varying.includes(each))
    .map(
      ({ column, values }) =>
        sql`, (${toArray(column, values.slice(0, 1))})[1] as ${sql.identifier(column.name)}`,
    );
  const arrays = varying.map(({ column, values }) => toArray(column, values));
  const names = joinIdentifiers(varying.map(({ column }) => column.name));
  return sql`(select varying.*${sql.join(shared)}
    from unnest(${sql.join(arrays, sql`, `)}) as varying (${names})) as incoming`;
}

function toArray(column: PgColumn, values: readonly unknown[]): SQL {
  const type = column.getSQLType();
  const array = encodeArray(type, values) ?? toArrayLiteral(values);
  return sql`${sql.param(array)}::${sql.raw(type)}[]`;
}

/** Objects as the JSON that they are stored as. */
function toScalar(value: unknown): unknown {
  if (value instanceof JsonText) return value.text;
  return typeof value === 'object' && value !== null && !(value instanceof Date)
    ? JSON.stringify(value)
    : value;
}

/** JSON that is already serialized. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The column names of properties. */
export function toColumnNames(table: PgTable, properties: readonly string[]): string[] {
  return properties.map((property) => getColumn(table, property).name);
}

function getColumn(table: PgTable, property: string): PgColumn {
  const column = getTableColumns(table)[property];
  if (column === undefined)
    throw new Error(`${getTableName(table)} has no column for "${property}"`);
  return column;
}

/** Source: https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO */
function toArrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(toArrayElement).join(',')}}`;
}

function toArrayElement(value: unknown): string {
  if (
    value === null ||
    value === undefined ||
    (typeof value === 'number' && !Number.isFinite(value))
  )
    return 'NULL';
  if (typeof value === 'string') return quote(value);
  return value instanceof Date ? value.toISOString() : String(value);
}

const quote = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

const joinIdentifiers = (names: readonly string[]) =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );
