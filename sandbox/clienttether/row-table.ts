import type { Row } from './rows.ts';

/** Rows that are computed when asked for, so that a million of them cost a list of numbers. */
export interface LazyRows {
  count: number;
  /** @param key 0 is the oldest row */
  build(key: number): Row;
  /** Undefined when no computed row has this id. */
  parseId(id: string): number | undefined;
}

/**
 * An ordered table. Kept oldest first, so that the usual arrival is a push, and read from its end,
 * so that page one holds the newest rows. Nothing is sorted when a page is read.
 */
export class RowTable {
  readonly #idField: string;
  /** Rows stand in the order of this text field; without it, in order of arrival. */
  readonly #sortField: string | undefined;
  readonly #lazy: LazyRows | undefined;
  readonly #order: number[];
  readonly #rows = new Map<number, Row>();
  readonly #keys = new Map<string, number>();
  #nextKey: number;

  constructor(idField: string, options: { sortField?: string; lazy?: LazyRows } = {}) {
    this.#idField = idField;
    this.#sortField = options.sortField;
    this.#lazy = options.lazy;
    this.#nextKey = options.lazy?.count ?? 0;
    this.#order = Array.from({ length: this.#nextKey }, (_, key) => key);
  }

  get size(): number {
    return this.#order.length;
  }

  /** Newest first. `from` and `to` bound the sort field, both ends included. */
  page(offset: number, limit: number, range?: { from: string; to: string }): Row[] {
    const [low, high] = range
      ? [this.#lowerBound(range.from), this.#upperBound(range.to)]
      : [0, this.#order.length];
    const page: Row[] = [];
    for (let at = high - 1 - offset; at >= low && page.length < limit; at--)
      page.push(this.#rowAt(at));
    return page;
  }

  count(range?: { from: string; to: string }): number {
    return range
      ? Math.max(0, this.#upperBound(range.to) - this.#lowerBound(range.from))
      : this.#order.length;
  }

  get(id: string): Row | undefined {
    const key = this.#findKey(id);
    return key === undefined ? undefined : this.#getRow(key);
  }

  /** The new row is the newest, unless the table is sorted. */
  add(row: Row): void {
    const key = this.#nextKey++;
    this.#rows.set(key, row);
    this.#keys.set(String(row[this.#idField]), key);
    this.#place(key, row);
  }

  /** @returns the row after the change, or undefined when there is none */
  update(id: string, change: Row): Row | undefined {
    const key = this.#findKey(id);
    if (key === undefined) return undefined;
    const before = this.#getRow(key);
    const after = { ...before, ...change };
    const moves =
      this.#sortField !== undefined && before[this.#sortField] !== after[this.#sortField];
    if (moves) this.#order.splice(this.#order.indexOf(key), 1);
    this.#rows.set(key, after);
    if (moves) this.#place(key, after);
    return after;
  }

  delete(id: string): boolean {
    const key = this.#findKey(id);
    if (key === undefined) return false;
    this.#order.splice(this.#order.indexOf(key), 1);
    this.#rows.delete(key);
    this.#keys.set(id, GONE);
    return true;
  }

  #place(key: number, row: Row): void {
    if (this.#sortField === undefined) this.#order.push(key);
    else this.#order.splice(this.#upperBound(String(row[this.#sortField])), 0, key);
  }

  #findKey(id: string): number | undefined {
    const key = this.#keys.get(id) ?? this.#lazy?.parseId(id);
    return key === GONE ? undefined : key;
  }

  #rowAt(at: number): Row {
    return this.#getRow(this.#order[at] ?? GONE);
  }

  #getRow(key: number): Row {
    const row = this.#rows.get(key) ?? this.#lazy?.build(key);
    if (!row) throw new Error(`no row ${key}`);
    return row;
  }

  #lowerBound(value: string): number {
    return this.#partition((sortedBy) => sortedBy < value);
  }

  #upperBound(value: string): number {
    return this.#partition((sortedBy) => sortedBy <= value);
  }

  /** The first position whose sort field no longer stands before the bound. */
  #partition(before: (sortedBy: string) => boolean): number {
    const field = this.#sortField;
    if (field === undefined) throw new Error('this table has no order to search');
    let [low, high] = [0, this.#order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (before(String(this.#rowAt(middle)[field]))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Marks an id whose row was deleted, so that a computed row does not come back. */
const GONE = -1;
