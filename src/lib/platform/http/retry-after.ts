/**
 * No source is believed when it asks for more than a day: the next scheduled run asks again anyway.
 */
const MAX_MS = 24 * 3_600_000;
/**
 * Larger plain numbers are milliseconds. Sources that count in seconds name waits of minutes;
 * reading 30000 as eight hours would stop a connection for nothing, reading 7200 as seven seconds
 * costs one more refused call.
 */
const MAX_SECONDS = 3_600;
/**
 * Larger plain numbers are points in time: seconds, and from a thousand times that, milliseconds
 * since 1970.
 */
const EPOCH_SECONDS_FROM = 1_000_000_000;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const HTTP_DATE = /^[a-z]{3,9},? .*\d{2}:\d{2}:\d{2}/i;
const ISO_DATE_TIME =
  /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const HAS_ZONE = /(Z|[+-]\d{2}:?\d{2}|GMT|UTC)$/i;

/**
 * The time that a Retry-After header names: seconds or an HTTP date (RFC 9110, 10.2.3), and as
 * sources really write it also milliseconds, ISO date-times and seconds or milliseconds since 1970.
 * Never before `now`, never more than a day after it; undefined when the header is absent or
 * unreadable.
 */
export function parseRetryAfter(value: string | null | undefined, now: Date): Date | undefined {
  const text = value?.trim() ?? '';
  const at = NUMBER.test(text) ? fromNumber(Number(text), now.getTime()) : fromDate(text);
  if (Number.isNaN(at)) return undefined;
  return new Date(Math.min(Math.max(at, now.getTime()), now.getTime() + MAX_MS));
}

function fromNumber(amount: number, now: number): number {
  if (amount >= EPOCH_SECONDS_FROM * 1000) return amount;
  if (amount >= EPOCH_SECONDS_FROM) return amount * 1000;
  return now + (amount > MAX_SECONDS ? amount : amount * 1000);
}

function fromDate(text: string): number {
  if (!ISO_DATE_TIME.test(text) && !HTTP_DATE.test(text)) return Number.NaN;
  const iso = ISO_DATE_TIME.test(text) ? text.replace(' ', 'T').replaceAll(' ', '') : text;
  if (HAS_ZONE.test(iso)) return Date.parse(iso);
  // Without a zone, both forms would be read in this machine's zone; their senders mean UTC.
  return Date.parse(ISO_DATE_TIME.test(text) ? `${iso}Z` : `${iso} GMT`);
}
