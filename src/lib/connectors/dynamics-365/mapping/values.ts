import { tidyLine } from '../../../records/text.ts';
import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import { RecordRejected } from '../../contract/source.ts';
import { instant } from '../../kit/mapping.ts';

export type Row = Record<string, unknown>;

/** Suffix of the property with the formatted value. */
const LABEL_ANNOTATION = '@OData.Community.Display.V1.FormattedValue';
/** Suffix of the property that names the table which a lookup points to. */
export const TABLE_ANNOTATION = '@Microsoft.Dynamics.CRM.lookuplogicalname';

/** An item as a row with an id. Throws RecordRejected. */
export function parseRow(item: unknown, idColumn: string): Row & { id: string } {
  const id = readId(item, idColumn);
  if (id === undefined) throw new RecordRejected('The row arrived without an id.', idColumn);
  return { ...(item as Row), id };
}

/** The id of an item; undefined when it has none. */
export function readId(item: unknown, idColumn: string): string | undefined {
  const id: unknown =
    typeof item === 'object' && item !== null ? Reflect.get(item, idColumn) : undefined;
  return typeof id === 'string' && id.trim() !== '' ? id : undefined;
}

/** One line of text; null when it shows nothing or is not text. */
export function readText(row: Row, column: string): string | null {
  const value = row[column];
  const text = typeof value === 'string' ? tidyLine(value) : '';
  return text === '' ? null : text;
}

/** The formatted value: the customer's label for an option, or the name of a looked-up row. */
export const readLabel = (row: Row, column: string): string | null =>
  readText(row, `${column}${LABEL_ANNOTATION}`);

/** The id in a lookup; null when it points to another table. */
export const readLookupId = (row: Row, column: string, table: string): string | null =>
  row[`${column}${TABLE_ANNOTATION}`] === table ? readText(row, column) : null;

/** "First Last"; null when neither is known. */
export function readPersonName(row: Row): string | null {
  const parts = ['firstname', 'lastname']
    .map((column) => readText(row, column))
    .filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/** The path of a formatted value. */
export const labelPath = (column: string): string => `["${column}${LABEL_ANNOTATION}"]`;

/**
 * The paths of an amount in the currency of the organisation: its `_base` companion, and for rows
 * without that the column itself, which may be in another currency.
 */
export const amountPaths = (column: string): [string, string] => [`${column}_base`, column];

/**
 * The first amount that is there. If it cannot be used, the next does not replace it, because that
 * may be in another currency.
 */
export const amount = (target: string, sources: readonly string[]): FieldSchema => ({
  target,
  sources: [...sources],
  steps: [{ fn: 'coalesce' }, { fn: 'money' }],
  fallback: null,
});

/** When a row was created and last changed. */
export const times: MappingSchema = [
  instant('sourceCreatedAt', 'createdon'),
  instant('sourceUpdatedAt', 'modifiedon'),
];
