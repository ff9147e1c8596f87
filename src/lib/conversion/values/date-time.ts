import { TZDate } from '@date-fns/tz';
import { isPlausible } from '../../records/text.ts';

const DAY_PATTERN = /(\d{4})-(\d{2})-(\d{2})/;
const TIME_PATTERN = /(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/;
const ZONE_PATTERN = /(Z|[+-]\d{2}:?\d{2})/;
const DATE_TIME = new RegExp(
  `^${DAY_PATTERN.source}(?:[T ]${TIME_PATTERN.source}\\s?${ZONE_PATTERN.source}?)?$`,
  'i',
);

/**
 * A day or a time as ISO 8601 or as databases write it ("2026-10-01 09:30:00"), in `timeZone` (IANA
 * name) unless it names an offset of its own. Null for anything that is no date between 1900 and
 * 2200: services write unset dates in many ways, such as 0000-00-00, -0001-11-30, 0001-01-01,
 * 1753-01-01 or 9999-12-31, and a record is worth keeping without one.
 */
export function parseDateTime(text: string | null, timeZone: string): Date | null {
  const match = DATE_TIME.exec(text?.trim() ?? '');
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const parts = [year, month, day, hours, minutes, seconds, milliseconds] as const;
  if (!isRealTime(parts)) return null;
  const at = toInstant(parts, match[8], timeZone);
  return isPlausible(at) ? at : null;
}

/** Year, month (1 to 12), day, hours, minutes, seconds and milliseconds. */
type DateParts = readonly [number, number, number, number, number, number, number];

/** Compares the day with what Date.UTC makes of it, which turns 31 February into March. */
function isRealTime(parts: DateParts): boolean {
  const [year, month, day, hours, minutes, seconds] = parts;
  const utc = toUtc(parts);
  const isRealDay =
    utc.getUTCFullYear() === year && utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
  return isRealDay && hours <= 23 && minutes <= 59 && seconds <= 59;
}

function toInstant(parts: DateParts, offset: string | undefined, timeZone: string): Date {
  const utc = toUtc(parts);
  if (offset !== undefined) return new Date(utc.getTime() - parseOffset(offset));
  if (timeZone === 'UTC') return utc;
  const [year, month, ...rest] = parts;
  return new Date(new TZDate(year, month - 1, ...rest, timeZone).getTime());
}

function toUtc([year, month, ...rest]: DateParts): Date {
  return new Date(Date.UTC(year, month - 1, ...rest));
}

function parseOffset(offset: string): number {
  if (/^z$/i.test(offset)) return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
