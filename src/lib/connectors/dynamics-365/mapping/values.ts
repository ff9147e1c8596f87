import { tidyLine } from '../../../records/text.ts';
import { RecordRejected } from '../../contract/source.ts';
import { toAmount } from '../../../conversion/values/amount.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';

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
export function readLookupId(row: Row, column: string, table: string): string | null {
  return row[`${column}${TABLE_ANNOTATION}`] === table ? readText(row, column) : null;
}

/** A time in UTC, or a day. Null when it is absent or no date, or stands for "not set". */
export const readDate = (row: Row, column: string): Date | null =>
  parseDateTime(readText(row, column), 'UTC');

/** A number; null when there is none. */
export function readNumber(row: Row, column: string): number | null {
  const value = row[column];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The largest count that a record accepts. */
const MAX_COUNT = 10_000_000;

/** A number of people or things; null when it is unknown or negative. */
export function readCount(row: Row, column: string): number | null {
  const count = readNumber(row, column);
  return count === null || count < 0 ? null : Math.min(Math.round(count), MAX_COUNT);
}

/**
 * An exact amount with two decimals in the currency of the organisation: the column's `_base`
 * companion if it has a value, because the column itself may be in another currency. Null when
 * there is none, or one that is not a number or too large.
 */
export function readMoney(row: Row, column: string): string | null {
  const base = row[`${column}_base`];
  return toAmount(base === null || base === undefined ? row[column] : base);
}

/** Rich text as plain text; null when it is blank. */
export function readRichText(row: Row, column: string): string | null {
  const value = row[column];
  if (typeof value !== 'string') return null;
  const text = toPlainText(value);
  return text === '' ? null : text;
}

/** When the row was created and last changed. */
export function readTimes(row: Row): {
  sourceCreatedAt: Date | null;
  sourceUpdatedAt: Date | null;
} {
  return {
    sourceCreatedAt: readDate(row, 'createdon'),
    sourceUpdatedAt: readDate(row, 'modifiedon'),
  };
}

/** The full name as Dynamics 365 composes it, else "First Last"; null when there is no name. */
export function readPersonName(row: Row): string | null {
  const parts = ['firstname', 'lastname']
    .map((column) => readText(row, column))
    .filter((part) => part !== null);
  return readText(row, 'fullname') ?? (parts.length === 0 ? null : parts.join(' '));
}
