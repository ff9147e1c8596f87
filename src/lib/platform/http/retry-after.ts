/** Longer waits are cut to a day, because the next scheduled run tries again anyway. */
const MAX_MS = 24 * 3_600_000;
/**
 * Larger plain numbers count as milliseconds, because sources that send seconds ask for minutes.
 * Reading 30000 as eight hours would stop a connection for nothing, whereas reading 7200 as seven
 * seconds only costs one more rejected request.
 */
const MAX_SECONDS = 3_600;
/**
 * From here on, plain numbers are points in time in seconds since 1970; from a thousand times that,
 * in milliseconds.
 */
const EPOCH_SECONDS_FROM = 1_000_000_000;

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const HTTP_DATE = /^[a-z]{3,9},? .*\d{2}:\d{2}:\d{2}/i;
const ISO_DATE_TIME =
  /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const HAS_ZONE = /(Z|[+-]\d{2}:?\d{2}|GMT|UTC)$/i;

/**
 * Parses a Retry-After header: seconds or an HTTP date (RFC 9110, section 10.2.3), but also what
 * some sources send instead, which are milliseconds, ISO date-times, and seconds or milliseconds
 * since 1970. The result is never before `now` and at most a day after it; undefined when the
 * header is absent or not valid.
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
  // Without a zone, Date.parse would assume the zone of this machine, but senders mean UTC.
  return Date.parse(ISO_DATE_TIME.test(text) ? `${iso}Z` : `${iso} GMT`);
}
