import { compile } from 'html-to-text';
import { RecordRejected } from '../../contract/source.ts';

export type Row = Record<string, unknown>;

const LABEL_ANNOTATION = '@OData.Community.Display.V1.FormattedValue';
/** Beside a lookup: the table of the row that it points to. */
export const TABLE_ANNOTATION = '@Microsoft.Dynamics.CRM.lookuplogicalname';

/** An item as a row with an id. Throws RecordRejected. */
export function parseRow(item: unknown, idColumn: string): Row & { id: string } {
  const id = readId(item, idColumn);
  if (id === undefined) throw new RecordRejected('The row came without an id.', idColumn);
  return { ...(item as Row), id };
}

/** The id of an item; undefined when it has none. */
export function readId(item: unknown, idColumn: string): string | undefined {
  const id: unknown =
    typeof item === 'object' && item !== null ? Reflect.get(item, idColumn) : undefined;
  return typeof id === 'string' && id.trim() !== '' ? id : undefined;
}

/** Text with single spaces; null when blank or no text. */
export function readText(row: Row, column: string): string | null {
  const value = row[column];
  const text = typeof value === 'string' ? value.trim().replace(/\s+/g, ' ') : '';
  return text === '' ? null : text;
}

/**
 * What people see for a value: the label of an option in the customer's words, the name of a
 * looked-up row.
 */
export const readLabel = (row: Row, column: string): string | null =>
  readText(row, `${column}${LABEL_ANNOTATION}`);

/** The id that a lookup holds, when it points to a row of that table. */
export function readLookupId(row: Row, column: string, table: string): string | null {
  return row[`${column}${TABLE_ANNOTATION}`] === table ? readText(row, column) : null;
}

const DATE = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A time in UTC, or a day; null when there is none. Years before 1900 stand for "not set". Throws
 * RecordRejected.
 */
export function readDate(row: Row, column: string): Date | null {
  const text = readText(row, column);
  if (text === null) return null;
  const match = DATE.exec(text);
  const at = new Date(match?.[2] === undefined ? `${text}T00:00:00Z` : text);
  // Days that do not exist are rolled over by the parser.
  const isValidDate =
    match !== null &&
    !Number.isNaN(at.getTime()) &&
    (!text.endsWith('Z') || at.toISOString().startsWith(match[1] ?? ''));
  if (!isValidDate) throw new RecordRejected(`The date in "${column}" cannot be read.`, column);
  return at.getUTCFullYear() < 1900 ? null : at;
}

/** A number; null when there is none. Throws RecordRejected. */
export function readNumber(row: Row, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new RecordRejected(`The number in "${column}" cannot be read.`, column);
  return value;
}

/** How many people or things there are; null when nobody can say. */
export function readCount(row: Row, column: string): number | null {
  const count = readNumber(row, column);
  return count === null || count < 0 ? null : Math.min(Math.round(count), 10_000_000);
}

/**
 * An exact amount with two decimals in the currency of the organisation, which a column's `_base`
 * companion holds; what people entered may be in another one. Null when there is none. Throws
 * RecordRejected.
 */
export function readMoney(row: Row, column: string): string | null {
  const sourceColumn =
    row[`${column}_base`] === null || row[`${column}_base`] === undefined
      ? column
      : `${column}_base`;
  const value = readNumber(row, sourceColumn);
  if (value === null) return null;
  if (Math.abs(value) >= 999_999_999_999.995)
    throw new RecordRejected(
      `The amount in "${sourceColumn}" is too large to be one.`,
      sourceColumn,
    );
  return value.toFixed(2);
}

const toPlainText = compile({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
  ],
});

/** Rich text as plain text; null when blank. */
export function readRichText(row: Row, column: string): string | null {
  const value = row[column];
  if (typeof value !== 'string') return null;
  const text = /<\w|&\w+;|&#/.test(value) ? toPlainText(value) : value.trim();
  return text === '' ? null : text;
}

/** When the row was made and last changed. */
export function readTimes(row: Row): {
  sourceCreatedAt: Date | null;
  sourceUpdatedAt: Date | null;
} {
  return {
    sourceCreatedAt: readDate(row, 'createdon'),
    sourceUpdatedAt: readDate(row, 'modifiedon'),
  };
}

/** "First Last" as the source puts it together, else from its parts. */
export function readPersonName(row: Row): string | null {
  const parts = ['firstname', 'lastname']
    .map((column) => readText(row, column))
    .filter((part) => part !== null);
  return readText(row, 'fullname') ?? (parts.length === 0 ? null : parts.join(' '));
}
