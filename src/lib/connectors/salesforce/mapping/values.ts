import { tidyLine } from '../../../records/text.ts';
import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';
import { getOwn } from '../../../platform/own.ts';
import { RecordRejected } from '../../contract/source.ts';
import { toObject } from '../../kit/json.ts';
import { instant } from '../../kit/mapping.ts';
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

/** The id in a lookup, in its form of 18 characters. */
export function readLookup(row: object, path: string): string | null {
  const id = readText(row, path);
  return id === null ? null : normalizeId(id);
}

/** A flag; null when it is unknown. */
export function readFlag(row: object, path: string): boolean | null {
  const value = readValue(row, path);
  if (typeof value === 'boolean') return value;
  return value === 'true' || value === 'false' ? value === 'true' : null;
}

/** Rich text as plain text; null when it is blank. */
export function readRichText(row: object, path: string): string | null {
  const value = readValue(row, path);
  if (typeof value !== 'string') return null;
  const text = toPlainText(value);
  return text === '' ? null : text;
}

/** "First Last"; null when neither is known. */
export function readPersonName(row: object): string | null {
  const parts = ['FirstName', 'LastName']
    .map((field) => readText(row, field))
    .filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/**
 * An amount in the currency of the workspace (ISO 4217). Organisations with several currencies say
 * which one each row is in; an amount in another one is left out, because it would be summed up as
 * if it were in this. Salesforce writes it as a number with a decimal point, so that 82.725 is no
 * thousands, which text might be.
 */
export const amount = (target: string, field: string, currency: string): FieldSchema => ({
  target,
  sources: [field, 'CurrencyIsoCode'],
  steps: [
    {
      fn: 'conditional',
      args: {
        path: '[1]',
        is: 'one-of',
        value: [null, currency.toUpperCase()],
        whenTrue: [{ fn: 'first' }, { fn: 'number-parse' }, { fn: 'money' }],
        whenFalse: [{ fn: 'constant', args: { value: null } }],
      },
    },
  ],
  fallback: null,
});

/** When a row was created, and last changed by anybody or anything. */
export const times: MappingSchema = [
  instant('sourceCreatedAt', 'CreatedDate'),
  instant('sourceUpdatedAt', ['SystemModstamp', 'LastModifiedDate']),
];
