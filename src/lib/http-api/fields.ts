import { z } from 'zod';
import { isStorable } from '../records/text.ts';

/** Text of at most 200 characters that a stored field of `thing`, such as "lead", can contain. */
export const storableText = (thing: string) =>
  z
    .string()
    .trim()
    .max(200)
    .refine(isStorable, `This text contains a character that no ${thing} can contain.`);

/** An ISO date. PostgreSQL has no year 0. */
export const day = z.iso
  .date()
  .refine((date) => !date.startsWith('0000'), 'This is not a day of the calendar.');
