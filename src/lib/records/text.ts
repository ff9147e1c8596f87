import { z } from 'zod';

/** True for text that Postgres can store: no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

const storable = (max: number) =>
  z
    .string()
    .max(max, `is longer than ${max} characters`)
    .refine(
      isStorable,
      'holds a character that cannot be stored (NUL or half of a surrogate pair)',
    );

/** A line of text that must be there. */
export const line = (max = 500) => storable(max).min(1, 'is empty');

/** A line of text that may be absent; blanks count as absent. */
export const optionalLine = (max = 500) =>
  storable(max)
    .nullable()
    .transform((text) => (text === null || text.trim() === '' ? null : text.trim()));

/** Free text of any reasonable length. */
export const prose = () => storable(100_000);

/** A point in time inside the range that people and Postgres agree on. */
export const instant = () =>
  z
    .date()
    .refine(
      (at) => at.getUTCFullYear() >= 1900 && at.getUTCFullYear() <= 2200,
      'is a date out of range',
    );

/** Money or another exact decimal as text, at most 12 digits before the point and 2 behind. */
export const amount = () =>
  z.string().regex(/^-?\d{1,12}(\.\d{1,2})?$/, 'is not an amount with up to 12 digits');
