import { wireName } from './columns.ts';
import { badQuery, noProperty } from './errors.ts';
import { same, type Row, type Value } from './store.ts';
import type { Table } from './tables.ts';

export type Test = (row: Row) => boolean;

const TOKEN = /\s*(?:('(?:[^']|'')*')|([()])|(,)|([\w.:+/-]+))/y;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * A `$filter` as a test: comparisons, `and`, `or`, `not`, brackets, contains, startswith, endswith.
 * Throws Refusal for anything else.
 */
export function parseFilter(table: Table, text: string): Test {
  const parser = new Parser(table, text);
  const test = parser.either();
  parser.end();
  return test;
}

class Parser {
  readonly #table: Table;
  readonly #text: string;
  readonly #tokens: string[] = [];

  constructor(table: Table, text: string) {
    this.#table = table;
    this.#text = text;
    TOKEN.lastIndex = 0;
    for (let at = 0; at < text.trimEnd().length; at = TOKEN.lastIndex) {
      const match = TOKEN.exec(text);
      if (match === null) throw this.#error();
      this.#tokens.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
    }
  }

  end(): void {
    if (this.#tokens.length > 0) throw this.#error();
  }

  either(): Test {
    let left = this.#both();
    while (this.#takes('or')) {
      const [a, b] = [left, this.#both()];
      left = (row) => a(row) || b(row);
    }
    return left;
  }

  #both(): Test {
    let left = this.#one();
    while (this.#takes('and')) {
      const [a, b] = [left, this.#one()];
      left = (row) => a(row) && b(row);
    }
    return left;
  }

  #one(): Test {
    if (this.#takes('not')) {
      const test = this.#one();
      return (row) => !test(row);
    }
    if (this.#takes('(')) {
      const test = this.either();
      this.#need(')');
      return test;
    }
    const name = this.#next();
    return this.#takes('(')
      ? this.#call(name)
      : compare(this.#column(name), this.#next(), this.#literal(), () => this.#error());
  }

  #call(name: string): Test {
    const column = this.#column(this.#next());
    this.#need(',');
    const part = String(this.#literal()).toLowerCase();
    this.#need(')');
    const text = (row: Row) => String(row[column] ?? '').toLowerCase();
    if (name === 'contains') return (row) => text(row).includes(part);
    if (name === 'startswith') return (row) => text(row).startsWith(part);
    if (name === 'endswith') return (row) => text(row).endsWith(part);
    throw this.#error();
  }

  #column(given: string): string {
    const column = this.#table.columns.find((each) => wireName(each) === given);
    if (column === undefined) throw noProperty(given, this.#table.name);
    return column.name;
  }

  #literal(): Value {
    const token = this.#next();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (token === 'null') return null;
    if (token === 'true' || token === 'false') return token === 'true';
    if (/^-?\d+(\.\d+)?$/.test(token)) return Number(token);
    if (GUID.test(token) || !Number.isNaN(Date.parse(token))) return token;
    throw this.#error();
  }

  #takes(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #need(token: string): void {
    if (!this.#takes(token)) throw this.#error();
  }

  #next(): string {
    const token = this.#tokens.shift();
    if (token === undefined) throw this.#error();
    return token;
  }

  #error(): Error {
    return badQuery(`Syntax error in '${this.#text}'.`);
  }
}

function compare(column: string, operator: string, wanted: Value, error: () => Error): Test {
  const order = (row: Row) => compareValues(row[column] ?? null, wanted);
  switch (operator) {
    case 'eq':
      return (row) => same(row[column] ?? null, wanted);
    case 'ne':
      return (row) => !same(row[column] ?? null, wanted);
    case 'gt':
      return (row) => order(row) > 0;
    case 'ge':
      return (row) => order(row) >= 0;
    case 'lt':
      return (row) => order(row) < 0;
    case 'le':
      return (row) => order(row) <= 0;
    default:
      throw error();
  }
}

/** NaN, which is neither more nor less, when either is nothing. */
function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return Number.NaN;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [x, y] = [String(a), String(b)];
  if (/^\d{4}-/.test(x) && !Number.isNaN(Date.parse(y))) return Date.parse(x) - Date.parse(y);
  return x.localeCompare(y);
}
