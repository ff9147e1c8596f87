import {
  shownFields,
  type Field,
  type Fields,
  type Shown,
  type ShownField,
} from '../../records/fields.ts';
import type { CellValue, Column, Columns, ExportTenant, RowColumn } from './list.ts';

const kinds: Record<Field['kind'], Column['kind']> = {
  text: 'text',
  id: 'text',
  amount: 'money',
  instant: 'instant',
  flag: 'flag',
  integer: 'number',
  percent: 'number',
};

/** The keys of the fields that are columns of the export. */
type ExportedKey<F extends Fields> = {
  [Key in keyof F]: F[Key] extends { shownIn: 'list'; export: {} } ? Key : never;
}[keyof F] &
  string;

/**
 * The columns of an export: those of `first`, then the other fields of the list that declare one,
 * in the order of the list. `first` names fields by their keys; columns that are no fields of the
 * entity stand in it as they are.
 */
export function fieldColumns<
  const F extends Fields,
  Row extends Shown<F, 'list'> = Shown<F, 'list'>,
>(fields: F, first: readonly (ExportedKey<F> | RowColumn<Row>)[] = []): Columns<Row> {
  const shown = new Map(shownFields(fields, 'list').map((field) => [field.key, field]));
  // A set keeps each key at the first of its places.
  const order = new Set<string | RowColumn<Row>>([...first, ...shown.keys()]);
  return (tenant) =>
    [...order].flatMap((entry) =>
      typeof entry === 'string' ? toColumns(shown.get(entry), tenant) : entry,
    );
}

/** The column of a field; none for a field that is not exported. */
function toColumns(shown: ShownField | undefined, tenant: ExportTenant): RowColumn<object>[] {
  if (shown?.field.export === undefined) return [];
  const { name, field } = shown;
  return [
    {
      header: toHeading(field, tenant),
      width: shown.field.export.width,
      kind: kinds[field.kind],
      value: (row) => (row as Record<string, CellValue>)[name] ?? null,
    },
  ];
}

function toHeading(field: Field, { currency }: ExportTenant): string {
  const heading = field.export?.heading ?? field.label;
  return field.kind === 'amount' && field.ownCurrency !== true
    ? `${heading} (${currency})`
    : heading;
}
