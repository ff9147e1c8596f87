import type { Schema, Table, TableName } from './tables.ts';

export interface Ref {
  table: TableName;
  id: string;
}
export type Value = string | number | boolean | null | Ref;
/** A row by column name, lookups as references. Every row holds every column of its table. */
export type Row = Record<string, Value>;

export interface Created {
  table: TableName;
  id: string;
  row: Row;
  via: 'life' | 'api' | 'control';
}

interface Shelf {
  rows: Map<string, Row>;
  /**
   * Ids by the value of each alternate key, so that thousands of upserts do not each look at
   * thousands of rows.
   */
  keys: Map<string, Map<string, string>>;
  /** Version at which a row was deleted. */
  gone: Map<string, number>;
}

/**
 * Versions are milliseconds since then, so that they grow with time and come out alike after a
 * restart.
 */
const VERSIONS_FROM = Date.UTC(2020, 0, 1);

/**
 * The rows of one environment: each change gets the next version, which is what change tracking and
 * etags go by.
 */
export class Store {
  schema: Schema;
  readonly created: Created[] = [];
  readonly #shelves: Record<string, Shelf> = {};
  #version = 0;

  constructor(schema: Schema) {
    this.schema = schema;
    for (const name of Object.keys(schema))
      this.#shelves[name] = { rows: new Map(), keys: new Map(), gone: new Map() };
  }

  get version(): number {
    return this.#version;
  }

  row(table: TableName, id: string): Row | undefined {
    return this.#shelf(table).rows.get(id.toLowerCase());
  }

  rows(table: TableName): Row[] {
    return [...this.#shelf(table).rows.values()];
  }

  /** What was deleted since a version, by id. */
  deletedSince(table: TableName, version: number): { id: string; version: number }[] {
    return [...this.#shelf(table).gone]
      .map(([id, at]) => ({ id, version: at }))
      .filter((gone) => gone.version > version);
  }

  find(table: TableName, column: string, value: Value): Row | undefined {
    const { rows, keys } = this.#shelf(table);
    if (!this.schema[table].keys.includes(column))
      return rows.values().find((row) => same(row[column] ?? null, value));
    const found = rows.get(keys.get(column)?.get(String(value).toLowerCase()) ?? '');
    return found !== undefined && same(found[column] ?? null, value) ? found : undefined;
  }

  insert(table: TableName, id: string, values: Row, at: number, via: Created['via']): Row {
    const { columns, id: idColumn } = this.schema[table];
    const blank = Object.fromEntries(columns.map(({ name }) => [name, null]));
    const row = named({
      ...blank,
      ...values,
      [idColumn]: id.toLowerCase(),
      createdon: instant(at),
    });
    this.#shelf(table).gone.delete(id.toLowerCase());
    this.created.push({ table, id: id.toLowerCase(), row, via });
    return this.#put(this.schema[table], row, at);
  }

  update(table: TableName, id: string, values: Row, at: number): Row | undefined {
    const row = this.row(table, id);
    return row === undefined
      ? undefined
      : this.#put(this.schema[table], named({ ...row, ...values }), at);
  }

  /** Without another version or time of change: what a test writes to harm a reader. */
  overwrite(table: TableName, id: string, values: Row): void {
    Object.assign(this.row(table, id) ?? {}, values);
  }

  /** A column has another name from now on, in all rows. */
  rename(table: TableName, from: string, to: string): void {
    const known = this.schema[table];
    const columns = known.columns.map((column) =>
      column.name === from ? { ...column, name: to, label: to } : column,
    );
    this.schema = { ...this.schema, [table]: { ...known, columns } };
    for (const row of this.rows(table)) Object.assign(row, { [to]: row[from] ?? null });
  }

  delete(table: TableName, id: string, at: number): boolean {
    const shelf = this.#shelf(table);
    if (!shelf.rows.delete(id.toLowerCase())) return false;
    shelf.gone.set(id.toLowerCase(), this.#next(at));
    return true;
  }

  #put({ name, id, keys }: Table, row: Row, at: number): Row {
    const put: Row = {
      ...row,
      ...this.#inOrganisationCurrency(row),
      modifiedon: instant(at),
      versionnumber: this.#next(at),
    };
    const shelf = this.#shelf(name);
    shelf.rows.set(String(row[id]), put);
    for (const key of keys) {
      if (row[key] !== null)
        shelf.keys.set(
          key,
          (shelf.keys.get(key) ?? new Map<string, string>()).set(
            String(row[key]).toLowerCase(),
            String(row[id]),
          ),
        );
    }
    return put;
  }

  #inOrganisationCurrency(row: Row): Row {
    const currency = row.transactioncurrencyid;
    const rate = isRef(currency)
      ? Number(this.row(currency.table, currency.id)?.exchangerate ?? 1)
      : 1;
    const amounts = Object.keys(row)
      .filter((name) => name.endsWith('_base'))
      .map((name) => [name, row[name.slice(0, -'_base'.length)] ?? null] as const);
    return Object.fromEntries(
      amounts.map(([name, amount]) => [
        name,
        amount === null ? null : Math.round((Number(amount) / rate) * 100) / 100,
      ]),
    );
  }

  #next(at: number): number {
    this.#version = Math.max(this.#version + 1, Math.floor(at - VERSIONS_FROM));
    return this.#version;
  }

  #shelf(table: TableName): Shelf {
    const shelf = this.#shelves[table];
    if (shelf === undefined) throw new Error(`no table ${table}`);
    return shelf;
  }
}

/** To the second, as Dataverse keeps times. */
export function instant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

export const isRef = (value: Value | undefined): value is Ref =>
  typeof value === 'object' && value !== null;

/** As the database compares: text without regard to case. */
export function same(a: Value, b: Value): boolean {
  if (isRef(a)) return isRef(b) ? a.id === b.id : typeof b === 'string' && a.id === b.toLowerCase();
  return typeof a === 'string' && typeof b === 'string'
    ? a.length === b.length && a.toLowerCase() === b.toLowerCase()
    : a === b;
}

function named(row: Row): Row {
  if (!('fullname' in row) || !('lastname' in row)) return row;
  const name = [row.firstname, row.lastname]
    .filter((part) => typeof part === 'string' && part !== '')
    .join(' ');
  return { ...row, fullname: name === '' ? null : name };
}
