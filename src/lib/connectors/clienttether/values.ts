import { TZDate } from '@date-fns/tz';
import { compile } from 'html-to-text';
import { RecordRejected } from '../contract/source.ts';

/** Entries of pick lists and imports that mean "nothing chosen". */
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
/** People entered without a name, e.g. "No Name Text Added", "No Name Added by Call". */
const PLACEHOLDER_PERSON = /^no name\b/i;

/**
 * A value of the source as text: null for blanks and for the `false` that stands for an absent id.
 */
export function readText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** Text in which nothing chosen counts as absent, with single spaces. */
export function parseChoice(text: string | null): string | null {
  const tidy = text?.trim().replace(/\s+/g, ' ') ?? '';
  return tidy === '' || PLACEHOLDERS.has(tidy.toLowerCase()) ? null : tidy;
}

/** A choice as one label: "google" and "Google" are one, other spellings are left as they are. */
export function parseLabel(text: string | null): string | null {
  const choice = parseChoice(text);
  if (choice === null || choice !== choice.toLowerCase()) return choice;
  return choice.replace(/(^|\s)\S/g, (start) => start.toUpperCase());
}

/** "First Last", or null when nobody's name was entered. */
export function formatPersonName(...parts: (string | null)[]): string | null {
  const name = parseChoice(parts.filter((part) => part !== null).join(' '));
  return name === null || PLACEHOLDER_PERSON.test(name) ? null : name;
}

const convertHtml = compile({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
      selector,
      options: { uppercase: false },
    })),
  ],
});

/** HTML as plain text; text without any markup passes as it is. */
export function toPlainText(html: string): string {
  return /[<&]/.test(html) ? convertHtml(html) : html.trim();
}

const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * A date of the source: 'Y-m-d H:i:s' or 'Y-m-d' in the connection's time zone, or ISO 8601 with
 * its own zone. Null when blank or '0000-00-00 …', which stands for unset. Throws RecordRejected
 * for anything else.
 */
export function parseDate(text: string | null, field: string, timeZone: string): Date | null {
  const value = text?.trim() ?? '';
  if (value === '' || value.startsWith('0000-00-00')) return null;
  const match = DATE.exec(value);
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = (match ?? [])
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  // Date.UTC rolls 31 February over to March: what does not come back unchanged is no date.
  const utc = new Date(Date.UTC(year, month - 1, day, hours, minutes, seconds));
  const exists =
    utc.getUTCFullYear() === year && utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
  if (match === null || !exists || hours > 23 || minutes > 59 || seconds > 59) {
    throw new RecordRejected(
      `The date in "${field}" cannot be read. Correct it in ClientTether.`,
      field,
    );
  }
  const zone = match[7];
  if (zone !== undefined) return new Date(utc.getTime() - parseZoneOffset(zone));
  if (timeZone === 'UTC') return utc;
  return new Date(new TZDate(year, month - 1, day, hours, minutes, seconds, timeZone).getTime());
}

function parseZoneOffset(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/**
 * A point in time as ClientTether's request parameters spell it: 'Y-m-d H:i:s' in the connection's
 * time zone.
 */
export function formatDate(at: Date, timeZone: string): string {
  const local = new TZDate(at.getTime(), timeZone);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${day} ${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
}

const AMOUNT = /^(-?)\s*\$?\s*(\d+|\d{1,3}(?:,\d{3})+)(\.\d*)?\s*([km])?$/i;
const FACTORS: Record<string, number> = { k: 1_000, m: 1_000_000 };

/**
 * An amount as exact text with two decimals: "$45,000.00", "45000", "45k". Null when blank, and
 * also for text that is no amount ("TBD", "40-50k"): people type into this field, and a remark in
 * it must not hide the whole record; "no amount known" is what it says. A number too long to be
 * money is a broken record and is rejected.
 */
export function parseAmount(text: string | null): string | null {
  const match = AMOUNT.exec(text?.trim().replace(/\s*USD$/i, '') ?? '');
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', unit = ''] = match;
  const value =
    Number(`${whole.replaceAll(',', '')}${fraction}`) * (FACTORS[unit.toLowerCase()] ?? 1);
  if (value >= 999_999_999_999.995)
    throw new RecordRejected('The amount is too large to be one. Correct it in ClientTether.');
  return value === 0 ? '0.00' : `${sign}${value.toFixed(2)}`;
}

/** A count such as "3"; null when blank or no whole number. */
export function parseCount(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.0*)?\s*$/.test(text) ? Number(text) : null;
}

/** A percentage from 0 to 100: "60", "60 %", or the fraction "0.6"; null for anything else. */
export function parsePercent(text: string | null): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text ?? '');
  if (match === null) return null;
  const value = Number(match[1]);
  const percent = match[2] === '' && value > 0 && value < 1 ? value * 100 : value;
  return percent <= 100 ? percent : null;
}
