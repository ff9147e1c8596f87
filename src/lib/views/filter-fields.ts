import { z } from 'zod';
import { isStorable } from '../records/text.ts';

/*
 * Fields that several pages parse from their address. Invalid values count as absent, so an old or
 * mistyped link still opens the page.
 */

/** A value to match exactly; an empty one matches rows without a value. */
export const exactText = z.string().trim().max(500).refine(isStorable).optional().catch(undefined);

/** A value to match exactly, where an empty one means no filter. */
export const chosenText = exactText.transform((value) => value || undefined);

/** Text to search for, where an empty one means no filter. */
export const searchText = z
  .string()
  .trim()
  .max(200)
  .refine(isStorable)
  .transform((value) => value || undefined)
  .optional()
  .catch(undefined);

/** An opaque keyset position in a list. */
export const listCursor = z.string().max(2_000).optional().catch(undefined);
