import { OBJECTS, type ObjectName, type Schema } from './objects.ts';

export type Value = string | number | boolean | null;
/** A record by field name. Times are ISO 8601 in UTC. Records are replaced, never changed. */
export type Row = Readonly<Record<string, Value>>;

interface Stored {
  row: Row;
  /** From when on queries show it: some appear later than their time of change says. */
  visibleAt: number;
}

/** The records of one organisation, its recycle bin, and its log of deletions. */
export class Store {
  readonly schema: Schema;
  readonly #shelves: Record<ObjectName, Map<string, Stored>>;
  #log: { object: ObjectName; id: string; at: number }[] = [];

  constructor(schema: Schema) {
    this.schema = schema;
    this.#shelves = Object.fromEntries(
      OBJECTS.map((name) => [name, new Map<string, Stored>()]),
    ) as Record<ObjectName, Map<string, Stored>>;
  }

  /** A record, also one in the recycle bin. */
  row(object: ObjectName, id: string): Row | undefined {
    return this.#shelves[object].get(id)?.row;
  }

  /** The records that are visible at a time, those in the recycle bin included. */
  rows(object: ObjectName, at: number): Row[] {
    return [...this.#shelves[object].values()]
      .filter(({ visibleAt }) => visibleAt <= at)
      .map(({ row }) => row);
  }

  /** Makes a record with the fields that its object has. */
  insert(object: ObjectName, id: string, values: Row, at: number, lateMs = 0): Row {
    const blank = Object.fromEntries(
      this.schema[object].fields.map(({ name, type }) => [name, type === 'boolean' ? false : null]),
    );
    const made = { ...blank, Id: id, CreatedDate: instant(at) };
    return this.#put(object, { ...made, ...this.#known(object, values) }, at, at + lateMs);
  }

  update(object: ObjectName, id: string, values: Row, at: number, lateMs = 0): Row | undefined {
    const row = this.row(object, id);
    return row === undefined
      ? undefined
      : this.#put(object, { ...row, ...this.#known(object, values) }, at, at + lateMs);
  }

  /** Without another time of change: what a test writes to harm a reader. */
  overwrite(object: ObjectName, id: string, values: Record<string, Value>): void {
    const stored = this.#shelves[object].get(id);
    if (stored !== undefined) stored.row = { ...stored.row, ...values };
  }

  /** Into the recycle bin. */
  delete(object: ObjectName, id: string, at: number): boolean {
    const row = this.row(object, id);
    if (row === undefined || row.IsDeleted === true) return false;
    this.#put(object, { ...row, IsDeleted: true }, at, at);
    this.#log.push({ object, id, at });
    return true;
  }

  undelete(object: ObjectName, id: string, at: number): boolean {
    const row = this.row(object, id);
    if (row?.IsDeleted !== true) return false;
    this.#put(object, { ...row, IsDeleted: false }, at, at);
    return true;
  }

  /** For good: out of the recycle bin, or past it. */
  purge(object: ObjectName, id: string, at: number): boolean {
    const row = this.row(object, id);
    if (row === undefined) return false;
    if (row.IsDeleted !== true) this.#log.push({ object, id, at });
    return this.#shelves[object].delete(id);
  }

  deletions(object: ObjectName): { id: string; at: number }[] {
    return this.#log.filter((deletion) => deletion.object === object);
  }

  /** The log forgets everything before a time. */
  purgeLog(before: number): void {
    this.#log = this.#log.filter(({ at }) => at >= before);
  }

  #put(object: ObjectName, row: Row, at: number, visibleAt: number): Row {
    const stamped = { ...named(row), SystemModstamp: instant(at) };
    const put = 'LastModifiedDate' in row ? { ...stamped, LastModifiedDate: instant(at) } : stamped;
    this.#shelves[object].set(String(row.Id), { row: put, visibleAt });
    return put;
  }

  #known(object: ObjectName, values: Row): Row {
    const names = new Set(this.schema[object].fields.map(({ name }) => name));
    return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
  }
}

/** To the second, as Salesforce keeps times of change. */
export const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}.000Z`;

/** Names of people are composed. */
function named(row: Row): Row {
  if (!('LastName' in row)) return row;
  const name = [row.FirstName, row.LastName].filter((part) => typeof part === 'string').join(' ');
  return { ...row, Name: name === '' ? null : name };
}
