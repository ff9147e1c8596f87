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

/**
 * Characters without a shape of their own: fillers, zero-width marks, marks of direction, controls
 * and the blank of Braille. Line breaks and tabs are whitespace instead.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800]|(?!\s)\p{Cc}/gu;
/** U+200C and U+200D, which decide how neighbours look in scripts that join, such as Persian. */
const JOINER = /^[\u200C\u200D]$/u;
const JOINING_LETTER = /(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])[\p{L}\p{M}]$/u;
/** What makes one emoji of several, or shows one in colour. */
const EMOJI_PART = /^(?:\u200D|[\uFE0E\uFE0F]|[\u{E0020}-\u{E007F}])$/u;
const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F\u{E0020}-\u{E007F}]$/u;

/**
 * One line of text in the form in which equal texts are equal: composed (NFC), without invisible
 * characters, with single blanks between words and none around them. Two sources named "Google"
 * would be two labels if one ended in U+200B, and people could not tell why.
 */
export function tidyLine(text: string): string {
  // Most text is plain ASCII, in which only the blanks can be out of order.
  const visible = isAscii(text) ? text : text.replace(INVISIBLE, keepShaping).normalize('NFC');
  return visible.trim().replace(/\s+/g, ' ');
}

/** Whether all of the text is printable ASCII, which needs no normalization. */
export const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** The character if what stands before it looks different with it, otherwise nothing. */
function keepShaping(character: string, index: number, text: string): string {
  // Two code units hold any character.
  const before = text.slice(Math.max(0, index - 2), index);
  const joins = JOINER.test(character) && JOINING_LETTER.test(before);
  return joins || (EMOJI_PART.test(character) && EMOJI.test(before)) ? character : '';
}

/** Text of at most `max` characters; longer text is cut: most of it is worth more than none. */
const cutTo = (max: number) =>
  z
    .string()
    .transform((text) => (text.length > max ? `${text.slice(0, max - 1).toWellFormed()}…` : text))
    .pipe(storable(max));

/** An id that must be there. It is never cut, because a part of an id is another one. */
export const idLine = (max = 200) => storable(max).min(1, 'is empty');

/** An id or code that may be absent. */
export const optionalCode = (max: number) =>
  storable(max)
    .nullable()
    .transform((text) => text?.trim() || null);

/** A required line of text. */
export const line = (max = 500) => cutTo(max).pipe(z.string().min(1, 'is empty'));

/** A line of text that may be absent; blanks count as absent. */
export const optionalLine = (max = 500) =>
  cutTo(max)
    .nullable()
    .transform((text) => text?.trim() || null);

/** Free text; all but the first 100,000 characters are cut. */
export const prose = () => cutTo(100_000);

/**
 * Whether a point in time lies between 1900 and 2200. PostgreSQL can store others, but in sales
 * data they are mistakes.
 */
export const isPlausible = (at: Date): boolean =>
  at.getUTCFullYear() >= 1900 && at.getUTCFullYear() <= 2200;

/** A point in time from 1900 to 2200. */
export const instant = () => z.date().refine(isPlausible, 'is a date out of range');

/** A percentage from 0 to 100, with at most 6 decimals: a third is 33.333333. */
export const percent = () =>
  z
    .number()
    .min(0)
    .max(100)
    .transform((value) => Number(value.toFixed(6)));

/**
 * Money or another exact decimal as text, with at most 12 digits before the point and 2 after it.
 */
export const amount = () =>
  z.string().regex(/^-?\d{1,12}(\.\d{1,2})?$/, 'is not an amount with up to 12 digits');
