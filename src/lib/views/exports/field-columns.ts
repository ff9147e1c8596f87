import { shownFields, type Field, type Fields, type Shown } from '../../records/fields.ts';
import type { CellValue, Column, Columns, ExportTenant } from './list.ts';

const kinds: Record<Field['kind'], Column['kind']> = {
  text: 'text',
  id: 'text',
  amount: 'money',
  instant: 'instant',
  flag: 'flag',
  integer: 'number',
  percent: 'number',
};

/** The columns of an export: the fields of a list that declare one, in the order of the list. */
export function fieldColumns<const F extends Fields>(fields: F): Columns<Shown<F, 'list'>> {
  return (tenant) =>
    shownFields(fields, 'list').flatMap(({ name, field }) =>
      field.export === undefined
        ? []
        : [
            {
              header: toHeading(field, tenant),
              width: field.export.width,
              kind: kinds[field.kind],
              value: (row) => (row as Record<string, CellValue>)[name] ?? null,
            },
          ],
    );
}

function toHeading({ kind, label, export: column }: Field, { currency }: ExportTenant): string {
  const heading = column?.heading ?? label;
  return kind === 'amount' ? `${heading} (${currency})` : heading;
}
