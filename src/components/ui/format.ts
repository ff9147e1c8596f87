/**
 * How figures and times are written. Pure, and small enough for the browser: the same words on both
 * sides.
 */

/**
 * One locale for all, until a tenant can choose: figures in a table must not change with the
 * reader.
 */
const locale = 'en-US';

/**
 * Building an Intl formatter costs more than using it a hundred times; tables use each hundreds of
 * times.
 */
const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();

function getNumberFormat(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const known = numberFormats.get(key) ?? new Intl.NumberFormat(locale, options);
  numberFormats.set(key, known);
  return known;
}

function getDateFormat(
  key: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const name = `${key} ${timeZone}`;
  const known = dateFormats.get(name) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone });
  dateFormats.set(name, known);
  return known;
}

/** What stands where there is no value. */
export const nothing = '–';

export const count = (value: number): string =>
  getNumberFormat('count', { maximumFractionDigits: 0 }).format(value);

/** Whole units of the currency, as tables and totals show them. */
export const money = (value: number, currency: string): string =>
  getNumberFormat(currency, { style: 'currency', currency, maximumFractionDigits: 0 }).format(
    value,
  );

/** Money to the cent where there are cents, for titles beside a rounded figure. */
export const exactMoney = (value: number, currency: string): string =>
  Number.isInteger(value)
    ? money(value, currency)
    : getNumberFormat(`exact ${currency}`, { style: 'currency', currency }).format(value);

/** From ten million on in short form ("$12.4M"); only where the exact figure stands in a title. */
export const shortMoney = (value: number, currency: string): string =>
  Math.abs(value) < 10_000_000
    ? money(value, currency)
    : getNumberFormat(`short ${currency}`, {
        style: 'currency',
        currency,
        notation: 'compact',
        maximumSignificantDigits: 4,
      }).format(value);

/** @param share 0..1 */
export const percent = (share: number): string =>
  getNumberFormat('percent', { style: 'percent', maximumFractionDigits: 1 }).format(share);

/** Days with one decimal below ten: "4.5 days". */
export const days = (value: number): string => {
  const text = getNumberFormat(value < 10 ? 'days' : 'count', {
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
  return `${text} ${text === '1' ? 'day' : 'days'}`;
};

/** "1 lead", "6,000 leads". */
export const counted = (value: number, [one, many]: readonly [string, string]): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** "Nov 21, 2026" in the tenant's time zone. */
export const date = (at: Date, timeZone: string): string =>
  getDateFormat('date', timeZone, { dateStyle: 'medium' }).format(at);

/** "Nov 21, 2026, 2:05 PM" in the tenant's time zone. */
export const dateTime = (at: Date, timeZone: string): string =>
  getDateFormat('dateTime', timeZone, { dateStyle: 'medium', timeStyle: 'short' }).format(at);

/** "2:05 PM" in the tenant's time zone. */
export const time = (at: Date, timeZone: string): string =>
  getDateFormat('time', timeZone, { timeStyle: 'short' }).format(at);

/** "Saturday, November 21" in the tenant's time zone. */
export const longDay = (at: Date, timeZone: string): string =>
  getDateFormat('longDay', timeZone, { weekday: 'long', month: 'long', day: 'numeric' }).format(at);

/** The ISO date of the day that `at` falls on in the tenant's time zone. */
export const isoDay = (at: Date, timeZone: string): string => {
  const parts = getDateFormat('isoDay', timeZone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
};

/** "Mountain Standard Time" at that moment. */
export const zoneName = (timeZone: string, at: Date): string =>
  getDateFormat('zoneName', timeZone, { timeZoneName: 'long' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;

/** "Nov 21" or "Nov 2026" of an ISO date, which has no time zone. */
export const dayLabel = (iso: string, unit: 'day' | 'month' = 'day'): string =>
  getDateFormat(unit, 'UTC', {
    month: 'short',
    ...(unit === 'day' ? { day: 'numeric' } : { year: 'numeric' }),
  }).format(new Date(iso));

const minute = 60_000;
const units = [
  { name: 'day', length: 1440 * minute, from: 48 * 60 * minute },
  { name: 'hour', length: 60 * minute, from: 90 * minute },
  { name: 'minute', length: minute, from: minute },
] as const;

/** A span of milliseconds in its natural unit: "14 minutes", "3 hours"; null below a minute. */
export const formatSpan = (length: number): string | null => {
  const unit = units.find(({ from }) => length >= from);
  if (!unit) return null;
  const amount = Math.round(length / unit.length);
  return `${amount} ${unit.name}${amount === 1 ? '' : 's'}`;
};

/** "14 minutes ago", "just now". */
export const formatAgo = (at: Date, now: Date): string => {
  const length = formatSpan(now.getTime() - at.getTime());
  return length ? `${length} ago` : 'just now';
};
