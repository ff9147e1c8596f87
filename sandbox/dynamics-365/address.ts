import { badQuery } from './errors.ts';
import type { Row, Store } from './store.ts';
import type { Table, TableName } from './tables.ts';

/** What stands in the brackets of an address: a row's id, or the values of an alternate key. */
export type Key = { id: string } | { alternate: Row };

const GUID = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i;
const PART = /^(\w+)=(?:'((?:[^']|'')*)'|(-?\d+))$/;

/** Throws Refusal for what is neither an id nor an active alternate key of the table. */
export function parseKey(table: Table, text: string): Key {
  const id = GUID.exec(text)?.[1];
  if (id !== undefined) return { id: id.toLowerCase() };
  const parts = text.split(/,(?=\w+=)/).map((part) => PART.exec(part));
  const alternate = Object.fromEntries(
    parts.map((part) => [part?.[1] ?? '', part?.[2]?.replaceAll("''", "'") ?? Number(part?.[3])]),
  );
  if (parts.includes(null)) throw badQuery(`Bad Request - Error in query syntax: '${text}'.`);
  if (!Object.keys(alternate).every((name) => table.keys.includes(name)))
    throw badQuery(
      `The key in '${table.set}(${text})' is not a key that is defined for ${table.name}.`,
    );
  return { alternate };
}

export function findRow(store: Store, table: Table, key: Key): Row | undefined {
  if ('id' in key) return store.row(table.name, key.id);
  const [[column, value] = []] = Object.entries(key.alternate);
  return column === undefined ? undefined : store.find(table.name, column, value ?? null);
}

/**
 * The row that a payload binds, such as `/accounts(0000-…)`; undefined when it is no address of a
 * row.
 */
export function boundTo(store: Store, text: string): { table: TableName; key: Key } | undefined {
  const match = /(?:^|\/)(\w+)\(([^)]*)\)$/.exec(text);
  const table = Object.values(store.schema).find(({ set }) => set === match?.[1]);
  return table === undefined
    ? undefined
    : { table: table.name, key: parseKey(table, decodeURIComponent(match?.[2] ?? '')) };
}
