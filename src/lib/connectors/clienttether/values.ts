import { TZDate } from '@date-fns/tz';
import { tidyLine } from '../../records/text.ts';
import { RecordRejected } from '../contract/source.ts';

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

/** "First Last"; null when no name was entered. */
export function formatPersonName(...parts: (string | null)[]): string | null {
  const name = parseChoice(parts.filter((part) => part !== null).join(' '));
  return name === null || PLACEHOLDER_PERSON.test(name) ? null : name;
}

const DAY_PATTERN = /(\d{4})-(\d{2})-(\d{2})/;
const TIME_PATTERN = /(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?/;
const ZONE_PATTERN = /(Z|[+-]\d{2}:?\d{2})/;
const DATE = new RegExp(
  `^${DAY_PATTERN.source}(?:[T ]${TIME_PATTERN.source}\\s?${ZONE_PATTERN.source}?)?$`,
  'i',
);

/**
 * Parses a date: 'Y-m-d H:i:s' or 'Y-m-d' in the time zone of the connection, or ISO 8601 with a
 * zone of its own. Null when it is blank or '0000-00-00 …', which stands for unset. Throws
 * RecordRejected for anything else.
 */
export function parseDate(text: string | null, field: string, timeZone: string): Date | null {
  const value = text?.trim() ?? '';
  if (value === '' || value.startsWith('0000-00-00')) return null;
  const match = DATE.exec(value);
  const parts = (match ?? []).slice(1, 7).map((part) => Number(part ?? 0));
  if (match === null || !isRealTime(parts))
    throw new RecordRejected(
      `The date in "${field}" is not valid. Correct it in ClientTether.`,
      field,
    );
  const utc = toUtc(parts);
  const zone = match[7];
  if (zone !== undefined) return new Date(utc.getTime() - parseZoneOffset(zone));
  return timeZone === 'UTC' ? utc : toZonedTime(parts, timeZone);
}

/** Year, month (1 to 12), day, hours, minutes and seconds. */
type DateParts = readonly number[];

/** Compares the day with what Date.UTC makes of it, which turns 31 February into March. */
function isRealTime(parts: DateParts): boolean {
  const [year, month = 0, day, hours = 0, minutes = 0, seconds = 0] = parts;
  const utc = toUtc(parts);
  const isRealDay =
    utc.getUTCFullYear() === year && utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
  return isRealDay && hours <= 23 && minutes <= 59 && seconds <= 59;
}

function toUtc([year = 0, month = 0, day, ...time]: DateParts): Date {
  const [hours, minutes, seconds] = time;
  return new Date(Date.UTC(year, month - 1, day, hours, minutes, seconds));
}

function toZonedTime(parts: DateParts, timeZone: string): Date {
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
  return new Date(new TZDate(year, month - 1, day, hours, minutes, seconds, timeZone).getTime());
}

function parseZoneOffset(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Formats a time for request parameters: 'Y-m-d H:i:s' in the time zone of the connection. */
export function formatDate(at: Date, timeZone: string): string {
  const local = new TZDate(at.getTime(), timeZone);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}`;
  return `${day} ${two(local.getHours())}:${two(local.getMinutes())}:${two(local.getSeconds())}`;
}

/** A count such as "3"; null when it is blank or not a whole number. */
export function parseCount(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.0*)?\s*$/.test(text) ? Number(text) : null;
}

/** Decimals of a percentage that are kept. */
const PERCENT_DECIMALS = 6;

/** A percentage from 0 to 100: "60", "60 %", or the fraction "0.6"; null for anything else. */
export function parsePercent(text: string | null): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text ?? '');
  if (match === null) return null;
  const value = Number(match[1]);
  const percent = match[2] === '' && value > 0 && value < 1 ? value * 100 : value;
  return percent <= 100 ? Number(percent.toFixed(PERCENT_DECIMALS)) : null;
}
