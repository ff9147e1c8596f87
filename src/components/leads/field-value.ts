import type { ShownField } from '#lib/records/fields.ts';
import { count, date, exactMoney, nothing } from '../ui/format.ts';

export interface FieldLocale {
  timeZone: string;
  currency: string;
}

/** The value of a field of a row as people read it. */
export function formatField(
  { name, field }: ShownField,
  row: object,
  { timeZone, currency }: FieldLocale,
): string {
  const value: unknown = (row as Record<string, unknown>)[name];
  if (value === null || value === undefined || value === '') return nothing;
  if (value instanceof Date) return date(value, timeZone);
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  if (typeof value === 'number')
    return field.kind === 'amount' ? exactMoney(value, currency) : count(value);
  return String(value);
}
