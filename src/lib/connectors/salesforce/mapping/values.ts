import { tidyLine } from '../../../records/text.ts';
import { RecordRejected } from '../../contract/source.ts';
import { toAmount } from '../../../conversion/values/amount.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { toObject } from '../../kit/json.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';
import { getOwn } from '../../../platform/own.ts';
import { normalizeId } from '../ids.ts';
import { readId } from '../place.ts';

/*
 * Values of a row. A row comes as JSON, where numbers and flags have their types, or as CSV, where
 * everything is text. A field that the user may not read is absent.
 */

export type Row = Record<string, unknown> & { id: string };

/** An item as a row with an id. Throws RecordRejected. */
export function parseRow(item: unknown): Row {
  const id = readId(item);
  if (id === undefined) throw new RecordRejected('The record arrived without an id.', 'Id');
  return { ...toObject(item), id };
}

/** The value at a path, such as `Owner.Name`. */
export const readValue = (row: object, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => getOwn(toObject(value), name), row);

/** One line of text; null when it shows nothing or is not text. */
export function readText(row: object, path: string): string | null {
  const value = readValue(row, path);
  const text = typeof value === 'string' ? tidyLine(value) : '';
  return text === '' ? null : text;
}

/** The first of several fields that has text. */
export const readFirstText = (row: object, paths: readonly string[]): string | null =>
  paths.map((path) => readText(row, path)).find((text) => text !== null) ?? null;

/** The id in a lookup, in its form of 18 characters. */
export function readLookup(row: object, path: string): string | null {
  const id = readText(row, path);
  return id === null ? null : normalizeId(id);
}

/** A time, or a day at its beginning in UTC. Null when it is absent or no date. */
export const readDate = (row: object, path: string): Date | null =>
  parseDateTime(readText(row, path), 'UTC');

/** A number; null when there is none. */
export function readNumber(row: object, path: string): number | null {
  const value = readValue(row, path);
  const isText = typeof value === 'string' && value.trim() !== '';
  const number = isText ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** The largest count that a record accepts. */
const MAX_COUNT = 10_000_000;

/** A number of people or things; null when it is unknown or negative. */
export function readCount(row: object, path: string): number | null {
  const count = readNumber(row, path);
  return count === null || count < 0 ? null : Math.min(Math.round(count), MAX_COUNT);
}

/** A flag; null when it is unknown. */
export function readFlag(row: object, path: string): boolean | null {
  const value = readValue(row, path);
  if (typeof value === 'boolean') return value;
  return value === 'true' || value === 'false' ? value === 'true' : null;
}

/**
 * An exact amount with two decimals in the currency of the workspace (ISO 4217). Organisations with
 * several currencies say which one each row is in; an amount in another one is left out, because it
 * would be summed up as if it were in this.
 */
export function readMoney(row: object, path: string, currency: string): string | null {
  const code = readText(row, 'CurrencyIsoCode');
  if (code !== null && code.toUpperCase() !== currency.toUpperCase()) return null;
  const value = readValue(row, path);
  // CSV may write numbers with an exponent, such as 1.0E7.
  const isScientific = typeof value === 'string' && /^-?\d+(?:\.\d+)?e[+-]?\d+$/i.test(value);
  return toAmount(isScientific ? Number(value) : value);
}

/** Rich text as plain text; null when it is blank. */
export function readRichText(row: object, path: string): string | null {
  const value = readValue(row, path);
  if (typeof value !== 'string') return null;
  const text = toPlainText(value);
  return text === '' ? null : text;
}

/** Several texts below each other; null when there is none. */
export const joinLines = (parts: readonly (string | null)[]): string | null =>
  parts.filter((part) => part !== null).join('\n') || null;

/** When the row was created, and last changed by anybody or anything. */
export function readTimes(row: object): {
  sourceCreatedAt: Date | null;
  sourceUpdatedAt: Date | null;
} {
  return {
    sourceCreatedAt: readDate(row, 'CreatedDate'),
    sourceUpdatedAt: readDate(row, 'SystemModstamp') ?? readDate(row, 'LastModifiedDate'),
  };
}

/** The full name as Salesforce composes it, else "First Last"; null when there is no name. */
export function readPersonName(row: object): string | null {
  const parts = ['FirstName', 'LastName']
    .map((field) => readText(row, field))
    .filter((part) => part !== null);
  return readText(row, 'Name') ?? (parts.length === 0 ? null : parts.join(' '));
}
