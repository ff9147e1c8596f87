/** How figures and times are written. Pure, and small enough for the browser: the same words on both sides. */

/** One locale for all, until a tenant can choose: figures in a table must not change with the reader. */
const locale = 'en-US';

/** Building an Intl formatter costs more than using it a hundred times. */
const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

const numbers = (options: Intl.NumberFormatOptions): Intl.NumberFormat => {
  const key = `n${JSON.stringify(options)}`;
  const known = kept.get(key) ?? new Intl.NumberFormat(locale, options);
  kept.set(key, known);
  return known as Intl.NumberFormat;
};

const dates = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `d${JSON.stringify(options)}`;
  const known = kept.get(key) ?? new Intl.DateTimeFormat(locale, options);
  kept.set(key, known);
  return known as Intl.DateTimeFormat;
};

/** What stands where there is no value. */
export const nothing = '–';

export const count = (value: number): string => numbers({ maximumFractionDigits: 0 }).format(value);

/** Whole units of the currency, as tables and totals show them. */
export const money = (value: number, currency: string): string =>
  numbers({ style: 'currency', currency, maximumFractionDigits: 0 }).format(value);

/** Money to the cent where there are cents, for titles beside a rounded figure. */
export const exactMoney = (value: number, currency: string): string =>
  Number.isInteger(value) ? money(value, currency) : numbers({ style: 'currency', currency }).format(value);

/** From ten million on in short form ("$12.4M"); only where the exact figure stands in a title. */
export const shortMoney = (value: number, currency: string): string =>
  Math.abs(value) < 10_000_000
    ? money(value, currency)
    : numbers({ style: 'currency', currency, notation: 'compact', maximumSignificantDigits: 4 }).format(value);

/** @param share 0..1 */
export const percent = (share: number): string => numbers({ style: 'percent', maximumFractionDigits: 1 }).format(share);

/** Days with one decimal below ten: "4.5 days". */
export const days = (value: number): string => {
  const text = numbers({ maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
  return `${text} ${text === '1' ? 'day' : 'days'}`;
};

/** "1 lead", "6,000 leads". */
export const counted = (value: number, [one, many]: readonly [string, string]): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** "Nov 21, 2026" in the tenant's time zone. */
export const date = (at: Date, timeZone: string): string => dates({ timeZone, dateStyle: 'medium' }).format(at);

/** "Nov 21, 2026, 2:05 PM" in the tenant's time zone. */
export const dateTime = (at: Date, timeZone: string): string =>
  dates({ timeZone, dateStyle: 'medium', timeStyle: 'short' }).format(at);

/** "2:05 PM" in the tenant's time zone. */
export const time = (at: Date, timeZone: string): string => dates({ timeZone, timeStyle: 'short' }).format(at);

/** "Saturday, November 21" in the tenant's time zone. */
export const longDay = (at: Date, timeZone: string): string =>
  dates({ timeZone, weekday: 'long', month: 'long', day: 'numeric' }).format(at);

/** The ISO date of the day that `at` falls on in the tenant's time zone. */
export const isoDay = (at: Date, timeZone: string): string => {
  const parts = dates({ timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
};

/** "Mountain Standard Time" at that moment. */
export const zoneName = (timeZone: string, at: Date): string =>
  dates({ timeZone, timeZoneName: 'long' }).formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;

/** "Nov 21" or "Nov 2026" of an ISO date, which has no time zone. */
export const dayLabel = (iso: string, unit: 'day' | 'month' = 'day'): string =>
  dates({ timeZone: 'UTC', month: 'short', ...(unit === 'day' ? { day: 'numeric' } : { year: 'numeric' }) }).format(new Date(iso));

const minute = 60_000;
const units = [
  { name: 'day', length: 1440 * minute, from: 48 * 60 * minute },
  { name: 'hour', length: 60 * minute, from: 90 * minute },
  { name: 'minute', length: minute, from: minute },
] as const;

/** A span of milliseconds in its natural unit: "14 minutes", "3 hours"; null below a minute. */
export const span = (length: number): string | null => {
  const unit = units.find(({ from }) => length >= from);
  if (!unit) return null;
  const amount = Math.round(length / unit.length);
  return `${amount} ${unit.name}${amount === 1 ? '' : 's'}`;
};

/** "14 minutes ago", "just now". */
export const ago = (at: Date, now: Date): string => {
  const length = span(now.getTime() - at.getTime());
  return length ? `${length} ago` : 'just now';
};
