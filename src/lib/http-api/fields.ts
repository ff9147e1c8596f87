import { z } from 'zod';
import { firstDay, isDay, lastDay } from '../platform/period.ts';
import { isStorable } from '../records/text.ts';

/** Text of at most 200 characters that a stored field of `thing`, such as "lead", can contain. */
export const storableText = (thing: string) =>
  z
    .string()
    .trim()
    .max(200)
    .refine(isStorable, `This text contains a character that no ${thing} can contain.`);

/** An ISO date of the years that records can carry. */
export const day = z.iso
  .date()
  .refine(isDay, `This is not a day of the calendar from ${firstDay} to ${lastDay}.`);
