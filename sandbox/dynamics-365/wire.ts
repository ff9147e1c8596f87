import { wireName, type Column } from './columns.ts';
import { noProperty } from './errors.ts';
import { FORMATTED, TARGET, type Preferences } from './prefer.ts';
import { isRef, type Row, type Store, type Value } from './store.ts';
import type { Table } from './tables.ts';

export type WireRow = Record<string, unknown>;
// Making a formatter takes longer than all the rest of a row.
const amounts = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2 });
const numbers = new Intl.NumberFormat('en-US');
const times = new Intl.DateTimeFormat('en-US', {
  dateStyle: 'short',
  timeStyle: 'short',
  timeZone: 'UTC',
});

type Shown = Pick<Preferences, 'formatted' | 'targets'>;

/**
 * The columns that `$select` names; all of them without it. Throws Refusal for one that there is
 * not.
 */
export function selected(table: Table, select: string | null): readonly Column[] {
  if (select === null) return table.columns.filter(({ hidden }) => hidden !== true);
  return select.split(',').map((name) => {
    const found = table.columns.find((column) => wireName(column) === name.trim());
    if (found === undefined || found.hidden === true) throw noProperty(name.trim(), table.name);
    return found;
  });
}

/** A row as responses show it: its etag, the columns asked for, and always its id. */
export function wireRow(
  store: Store,
  table: Table,
  row: Row,
  columns: readonly Column[],
  shown: Shown,
): WireRow {
  const all = columns.some(({ name }) => name === table.id)
    ? columns
    : [...columns, ...table.columns.filter(({ name }) => name === table.id)];
  const entries = all.flatMap((column) => {
    const name = wireName(column);
    const value = row[column.name] ?? null;
    return [
      ...buildAnnotations(store, column, value, shown).map(
        ([annotation, text]) => [`${name}@${annotation}`, text] as const,
      ),
      [name, toPlainValue(value)] as const,
    ];
  });
  return { '@odata.etag': formatEtag(row), ...Object.fromEntries(entries) };
}

export const formatEtag = (row: Row): string => `W/"${String(row.versionnumber)}"`;

const toPlainValue = (value: Value): Exclude<Value, object> | string =>
  (isRef(value) ? value.id : value) as string;

function buildAnnotations(
  store: Store,
  column: Column,
  value: Value,
  { formatted, targets }: Shown,
): [string, string][] {
  const label = formatted && value !== null ? findLabel(store, column, value) : null;
  const target: [string, string][] = targets && isRef(value) ? [[TARGET, value.table]] : [];
  return label === null ? target : [[FORMATTED, label], ...target];
}

function findLabel(store: Store, { type, options }: Column, value: Value): string | null {
  if (isRef(value)) {
    const name = store.row(value.table, value.id)?.[store.schema[value.table].label];
    return typeof name === 'string' ? name : null;
  }
  switch (type) {
    case 'option':
    case 'state':
    case 'status':
      return options?.find((option) => option.value === value)?.label ?? null;
    case 'boolean':
      return value === true ? 'Yes' : 'No';
    case 'money':
      return `$${amounts.format(Number(value))}`;
    case 'int':
    case 'version':
      return numbers.format(Number(value));
    case 'datetime':
      return Number.isNaN(Date.parse(String(value))) ? null : times.format(new Date(String(value)));
    default:
      return null;
  }
}
