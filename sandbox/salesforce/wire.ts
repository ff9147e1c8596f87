import { toShort } from './ids.ts';
import { OBJECTS, PREFIXES, type ObjectName } from './objects.ts';
import type { Org } from './org.ts';
import type { Plan } from './evaluate.ts';
import type { Row, Value } from './store.ts';

export type WireRow = Record<string, unknown>;

/** A record as a page of a query shows it. */
export function toWire(org: Org, { query, object }: Plan, row: Row): WireRow {
  const shown: WireRow = { attributes: toAttributes(object.name, String(row.Id), org.version) };
  for (const path of query.select) addPath(org, object.name, shown, row, path.split('.'));
  for (const child of query.children)
    shown[child.object] = listChildren(
      org,
      object.name,
      String(row.Id),
      child.object,
      child.select,
    );
  return shown;
}

const toAttributes = (type: ObjectName, id: string, version: string) => ({
  type,
  url: `/services/data/${version}/sobjects/${type}/${id}`,
});

function addPath(
  org: Org,
  object: ObjectName,
  shown: WireRow,
  row: Row,
  [first = '', ...rest]: string[],
): void {
  if (rest.length === 0) {
    const field = org.catalogue.field(org.store.schema[object], first);
    shown[field.name] = formatValue(org, field.type, row[field.name] ?? null);
    return;
  }
  const { name, relationship = '' } = org.catalogue.relationship(org.store.schema[object], first);
  const parent = findParent(org, row[name] ?? null);
  if (parent === undefined) return void (shown[relationship] = null);
  const known = shown[relationship] as WireRow | null | undefined;
  const inner = known ?? {
    attributes: toAttributes(parent.object, String(parent.row.Id), org.version),
  };
  addPath(org, parent.object, inner, parent.row, rest);
  shown[relationship] = inner;
}

/** The record behind a reference, whichever object it is of. */
export function findParent(org: Org, id: Value): { object: ObjectName; row: Row } | undefined {
  const object = OBJECTS.find((name) => String(id).startsWith(PREFIXES[name]));
  const row = object === undefined ? undefined : org.store.row(object, String(id));
  return object === undefined || row === undefined ? undefined : { object, row };
}

/** Times have an offset without a colon, and three digits behind the second. */
export function formatValue({ spec }: Org, type: string, value: Value): Value {
  if (type === 'datetime' && typeof value === 'string') return value.replace(/Z$/, '+0000');
  if (type === 'reference' && typeof value === 'string' && spec.shortIds === true)
    return toShort(value);
  return value;
}

/** The children that a person sees below a record; null without any. */
function listChildren(
  org: Org,
  object: ObjectName,
  id: string,
  relation: string,
  select: readonly string[],
): WireRow | null {
  const child = org.store.schema[object].children?.[relation];
  if (child === undefined) return null;
  const records = org.store
    .rows(child.object, org.now())
    .filter((row) => row[child.field] === id && row.IsDeleted !== true)
    .map((row) => {
      const shown: WireRow = {
        attributes: toAttributes(child.object, String(row.Id), org.version),
      };
      for (const path of select) addPath(org, child.object, shown, row, path.split('.'));
      return shown;
    });
  return records.length === 0 ? null : { totalSize: records.length, done: true, records };
}

/** A page of results of a job: every value is text in quotes, lines end with a line feed. */
export function toCsv(org: Org, plan: Plan, rows: readonly Row[]): string {
  const { select } = plan.query;
  const lines = rows.map((row) => {
    const shown = toWire(org, plan, row);
    return select.map((path) => toCell(readPath(shown, path.split('.'))));
  });
  return [select, ...lines].map((cells) => `${cells.map(quote).join(',')}\n`).join('');
}

const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

/** Names are compared without regard to case only where they are not spelled as they are. */
function readPath(shown: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null) return null;
    const fields = value as Record<string, unknown>;
    if (Object.hasOwn(fields, name)) return fields[name];
    return Object.entries(fields).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  }, shown);
}

/** In CSV times end with Z. */
function toCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  return String(value).replace(/^(\d{4}-\d{2}-\d{2}T[\d:.]+)\+0000$/, '$1Z');
}
