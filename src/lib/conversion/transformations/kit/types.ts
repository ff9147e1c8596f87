import { isPlainDecimal } from './decimal.ts';
import type { Json, JsonObject } from './value.ts';

/**
 * The types between which the compiler checks a chain of steps. An instant is text in ISO 8601 and
 * UTC (2026-10-01T09:30:00.000Z), an amount is an exact decimal as text (45000.00). Any of them may
 * be null, which says that nothing is known.
 */
export type ValueType =
  'any' | 'text' | 'number' | 'boolean' | 'instant' | 'amount' | 'list' | 'object';

/** What a step of each type is given. */
export interface ValueOf {
  any: Json;
  text: string;
  number: number;
  boolean: boolean;
  instant: string;
  amount: string;
  list: Json[];
  object: JsonObject;
}

/** A type in a sentence: "a date and time". */
export const typeNames: Readonly<Record<ValueType, string>> = {
  any: 'anything',
  text: 'text',
  number: 'a number',
  boolean: 'yes or no',
  instant: 'a date and time',
  amount: 'an amount',
  list: 'a list',
  object: 'an object',
};

/** Whether a value of one type can be given where the other is wanted; `any` is seen at run time. */
export function isAssignable(have: ValueType, want: ValueType): boolean {
  if (have === 'any' || want === 'any' || have === want) return true;
  return want === 'text' && (have === 'instant' || have === 'amount');
}

const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** Whether a value that is not null has a type. */
export const isOfType: Readonly<Record<ValueType, (value: Json) => boolean>> = {
  any: () => true,
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  instant: (value) =>
    typeof value === 'string' && instantForm.test(value) && !Number.isNaN(Date.parse(value)),
  amount: (value) => typeof value === 'string' && isPlainDecimal(value),
  list: Array.isArray,
  object: (value) => typeof value === 'object' && !Array.isArray(value),
};

/** The narrowest type of a value. */
export function typeOf(value: Json): ValueType {
  if (value === null) return 'any';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return isOfType.instant(value) ? 'instant' : 'text';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'object';
  }
}
