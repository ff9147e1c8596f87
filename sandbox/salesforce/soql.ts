import { malformedQuery } from './errors.ts';

/*
 * A part of SOQL: SELECT with fields, fields of parents, lists of children and COUNT(); WHERE with
 * comparisons, AND, OR, NOT and brackets; ORDER BY; LIMIT. What Salesforce refuses is refused.
 */

export interface Query {
  /** Paths such as `Owner.Name`; empty for COUNT(). */
  select: string[];
  children: Query[];
  object: string;
  where: Condition | null;
  order: { path: string; descending: boolean }[];
  limit: number | null;
}

export type Condition =
  | { kind: 'and' | 'or'; parts: Condition[] }
  | { kind: 'not'; part: Condition }
  | { kind: 'compare'; path: string; operator: string; values: Literal[] };

/** `quoted` is text; the others stand without quotes. */
export interface Literal {
  type: 'quoted' | 'datetime' | 'date' | 'number' | 'boolean' | 'null';
  value: string | number | boolean | null;
}

const TOKEN =
  /\s*(?:('(?:[^'\\]|\\.)*')|(<=|>=|!=|<>|[=<>(),])|(\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))?)|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w.]*))/y;

/** Throws Refusal (MALFORMED_QUERY) for anything that it does not understand. */
export function parseQuery(text: string): Query {
  const parser = new Parser(text);
  const query = parser.query();
  parser.end();
  return query;
}

class Parser {
  readonly #tokens: string[] = [];

  constructor(text: string) {
    TOKEN.lastIndex = 0;
    for (let at = 0; at < text.trimEnd().length; at = TOKEN.lastIndex) {
      const match = TOKEN.exec(text);
      if (match === null) throw unexpected(text.slice(at, at + 20));
      this.#tokens.push(match[0].trim());
    }
  }

  end(): void {
    const [token] = this.#tokens;
    if (token !== undefined) throw unexpected(token);
  }

  query(): Query {
    this.#need('SELECT');
    const query: Query = {
      select: [],
      children: [],
      object: '',
      where: null,
      order: [],
      limit: null,
    };
    if (this.#takesCount()) this.#need('FROM');
    else this.#selectList(query);
    query.object = this.#name();
    if (this.#takes('WHERE')) query.where = this.#conditions();
    if (this.#takes('ORDER')) this.#order(query);
    if (this.#takes('LIMIT')) query.limit = this.#wholeNumber();
    return query;
  }

  #selectList(query: Query): void {
    do {
      if (this.#takes('(')) {
        query.children.push(this.query());
        this.#need(')');
      } else query.select.push(this.#name());
    } while (this.#takes(','));
    const twice = query.select.find((path, at) => query.select.indexOf(path) !== at);
    if (twice !== undefined) throw malformedQuery(`duplicate field selected: ${twice}`);
    this.#need('FROM');
  }

  #takesCount(): boolean {
    if (this.#tokens.slice(0, 3).join('').toUpperCase() !== 'COUNT()') return false;
    this.#tokens.splice(0, 3);
    return true;
  }

  #order(query: Query): void {
    this.#need('BY');
    do {
      const path = this.#name();
      const descending = this.#takes('DESC') || (this.#takes('ASC'), false);
      query.order.push({ path, descending });
    } while (this.#takes(','));
  }

  /** AND and OR beside each other need brackets. */
  #conditions(): Condition {
    const parts = [this.#condition()];
    const kind = this.#peek('AND') ? 'and' : 'or';
    while (this.#takes(kind)) parts.push(this.#condition());
    if (this.#peek('AND') || this.#peek('OR')) throw unexpected(this.#next());
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind, parts };
  }

  #condition(): Condition {
    if (this.#takes('NOT')) return { kind: 'not', part: this.#condition() };
    if (this.#takes('(')) {
      const inner = this.#conditions();
      this.#need(')');
      return inner;
    }
    const path = this.#name();
    const operator = this.#next().toUpperCase();
    if (operator === 'IN') return { kind: 'compare', path, operator, values: this.#list() };
    if (!['=', '!=', '<>', '<', '<=', '>', '>=', 'LIKE'].includes(operator))
      throw unexpected(operator);
    return { kind: 'compare', path, operator, values: [this.#literal()] };
  }

  #list(): Literal[] {
    this.#need('(');
    const values = [this.#literal()];
    while (this.#takes(',')) values.push(this.#literal());
    this.#need(')');
    return values;
  }

  #literal(): Literal {
    const token = this.#next();
    if (token.startsWith("'")) return { type: 'quoted', value: unquote(token) };
    if (/^\d{4}-/.test(token))
      return { type: token.includes('T') ? 'datetime' : 'date', value: token };
    if (/^-?\d/.test(token)) return { type: 'number', value: Number(token) };
    if (/^(true|false)$/i.test(token))
      return { type: 'boolean', value: token.toLowerCase() === 'true' };
    if (/^null$/i.test(token)) return { type: 'null', value: null };
    throw unexpected(token);
  }

  #wholeNumber(): number {
    const token = this.#next();
    if (!/^\d+$/.test(token)) throw unexpected(token);
    return Number(token);
  }

  #name(): string {
    const token = this.#next();
    if (!/^[A-Za-z_][\w.]*$/.test(token)) throw unexpected(token);
    return token;
  }

  #peek(word: string): boolean {
    return this.#tokens[0]?.toUpperCase() === word.toUpperCase();
  }

  #takes(word: string): boolean {
    if (!this.#peek(word)) return false;
    this.#tokens.shift();
    return true;
  }

  #need(word: string): void {
    if (!this.#takes(word)) throw unexpected(this.#tokens[0] ?? '<EOF>');
  }

  #next(): string {
    const token = this.#tokens.shift();
    if (token === undefined) throw unexpected('<EOF>');
    return token;
  }
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function unquote(token: string): string {
  return token
    .slice(1, -1)
    .replaceAll(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);
}

const unexpected = (token: string) => malformedQuery(`unexpected token: '${token}'`);
