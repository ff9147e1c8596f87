import { TZDate } from '@date-fns/tz';
import { toLabel } from '../../conversion/transformations/label.ts';
import { tidyLine } from '../../records/text.ts';

/** Values of pick lists and imports that mean "nothing chosen", in lower case. */
export const PLACEHOLDERS = [
  'select',
  '-- select --',
  '--select--',
  'n/a',
  'none',
  'null',
  'undefined',
  '-',
];
/** The beginning of placeholders for people without a name, such as "No Name Added by Call". */
export const PLACEHOLDER_PERSON = '^no name\\b';
const placeholderPerson = new RegExp(PLACEHOLDER_PERSON, 'i');

/** A value as text; null for blanks and for `false`, which ClientTether sends for absent ids. */
export function readText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** One line of text; null when it shows nothing or means "nothing chosen". */
function parseChoice(text: string | null): string | null {
  const tidy = tidyLine(text ?? '');
  return tidy === '' || PLACEHOLDERS.includes(tidy.toLowerCase()) ? null : tidy;
}

/** A choice as a label: lower-case words are capitalized, so "google" and "Google" are the same. */
export function parseLabel(text: string | null): string | null {
  const choice = parseChoice(text);
  return choice === null ? null : toLabel(choice);
}

/** "First Last", without parts that mean "nothing chosen"; null when no name was entered. */
export function formatPersonName(...parts: (string | null)[]): string | null {
  const name = parts.flatMap((part) => parseChoice(part) ?? []).join(' ');
  return name === '' || placeholderPerson.test(name) ? null : name;
}

/** Formats a time for request parameters: 'Y-m-d H:i:s' in the time zone of the connection. */
export function formatDate(at: Date, timeZone: string): string {
  const local = new TZDate(at.getTime(), timeZone);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${day} ${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
}
