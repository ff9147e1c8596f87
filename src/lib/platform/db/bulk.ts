import { getTableColumns, getTableName, sql, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Tx } from './pool.ts';

type Row = Record<string, unknown>;

/*
 * Writes many rows in one statement with one parameter per column: an array in the notation of
 * PostgreSQL. One parameter per value would take more time than the write itself, and extracting
 * rows from JSON costs the server as much as storing them.
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
 * called `incoming`. At least one.
 */
export function recordset(table: PgTable, rows: readonly object[]): SQL {
  const given = Object.keys(rows[0] ?? {}).map((property) => ({
    column: getColumn(table, property),
    values: rows.map((row) => (row as Row)[property]),
  }));
  const documents = given.filter(({ values }) =>
    values.every((value) => value instanceof JsonText),
  );
  const plain = given.filter((each) => !documents.includes(each));
  const arrays = plain.map(
    ({ column, values }) =>
      sql`${sql.param(toArrayLiteral(values))}::${sql.raw(column.getSQLType())}[]`,
  );
  const sets = [
    sql`unnest(${sql.join(arrays, sql`, `)})`,
    ...documents.map(
      ({ values }) => sql`jsonb_array_elements(${toJsonArray(values as JsonText[])}::jsonb)`,
    ),
  ];
  const names = joinIdentifiers([...plain, ...documents].map(({ column }) => column.name));
  return sql`rows from (${sql.join(sets, sql`, `)}) as incoming (${names})`;
}

/**
 * JSON that is already serialized. A column with only such values is sent as one document, in which
 * no quotes need escaping.
 */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const toJsonArray = (values: readonly JsonText[]) =>
  `[${values.map(({ text }) => text).join(',')}]`;

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
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object'
    ? quote(value instanceof JsonText ? value.text : JSON.stringify(value))
    : String(value);
}

const quote = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

const joinIdentifiers = (names: readonly string[]) =>
  sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  );
