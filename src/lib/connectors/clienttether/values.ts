import { TZDate } from '@date-fns/tz';
import { tidyLine } from '../../records/text.ts';

/** Values of pick lists and imports that mean "nothing chosen". */
const PLACEHOLDERS = new Set([
  'select',
  '-- select --',
  '--select--',
  'n/a',
  'none',
  'null',
  'undefined',
  '-',
]);
/** Matches placeholders for people without a name, such as "No Name Added by Call". */
const PLACEHOLDER_PERSON = /^no name\b/i;

/** A value as text; null for blanks and for `false`, which ClientTether sends for absent ids. */
export function readText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** One line of text; null when it shows nothing or means "nothing chosen". */
export function parseChoice(text: string | null): string | null {
  const tidy = tidyLine(text ?? '');
  return tidy === '' || PLACEHOLDERS.has(tidy.toLowerCase()) ? null : tidy;
}

/** A choice as a label: lower-case words are capitalized, so "google" and "Google" are the same. */
export function parseLabel(text: string | null): string | null {
  const choice = parseChoice(text);
  if (choice === null || choice !== choice.toLowerCase()) return choice;
  return choice.replace(/(^|\s)\S/g, (start) => start.toUpperCase());
}

/** "First Last", without parts that mean "nothing chosen"; null when no name was entered. */
export function formatPersonName(...parts: (string | null)[]): string | null {
  const name = parts.flatMap((part) => parseChoice(part) ?? []).join(' ');
  return name === '' || PLACEHOLDER_PERSON.test(name) ? null : name;
}

/** Formats a time for request parameters: 'Y-m-d H:i:s' in the time zone of the connection. */
export function formatDate(at: Date, timeZone: string): string {
  const local = new TZDate(at.getTime(), timeZone);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${day} ${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
}

/** More units than any opportunity is about. */
const MAX_COUNT = 10_000;

/** A count such as "3"; null when it is blank, not a whole number or far too large. */
export function parseCount(text: string | null): number | null {
  const isWhole = text !== null && /^\s*\d+(\.0*)?\s*$/.test(text);
  return isWhole && Number(text) <= MAX_COUNT ? Number(text) : null;
}

/** A percentage from 0 to 100: "60", "60 %", or the fraction "0.6"; null for anything else. */
export function parsePercent(text: string | null): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text ?? '');
  if (match === null) return null;
  const value = Number(match[1]);
  const isFraction = match[2] === '' && value > 0 && value < 1;
  // The point is moved in the text, because 0.29 * 100 is not 29.
  const percent = isFraction ? Number(`${match[1]}e2`) : value;
  return percent <= 100 ? percent : null;
}
