/** How figures are written on the pages, in the words of the platform alone. */
const number = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat('en-US', options);

const whole = number({ maximumFractionDigits: 0 });
const dollars = number({ style: 'currency', currency: 'USD', maximumFractionDigits: 0 });
const dollarsAndCents = number({ style: 'currency', currency: 'USD' });
const short = number({
  style: 'currency',
  currency: 'USD',
  notation: 'compact',
  maximumSignificantDigits: 4,
});
const share = number({ style: 'percent', maximumFractionDigits: 1 });

const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });

export const none = '–';
export const countText = (value: number): string => whole.format(value);
export const moneyText = (value: number): string => dollars.format(value);
export const exactText = (value: number): string =>
  (Number.isInteger(value) ? dollars : dollarsAndCents).format(value);
export const shortText = (value: number): string =>
  (value < 10_000_000 ? dollars : short).format(value);
export const shareText = (value: number): string => share.format(value);

export const dayText = (iso: string | null): string =>
  iso === null ? none : day.format(new Date(iso));

/** The change from one figure to another, as the cards say it. */
export function changeText(from: number, to: number): string {
  if (from === to) return 'No change';
  return from === 0 ? 'New' : `${to > from ? '+' : '−'}${share.format(Math.abs(to - from) / from)}`;
}

/** Rows in an order of their own, for lists whose order is checked apart. */
export const sorted = (rows: unknown[]): string[] =>
  rows.map((row) => JSON.stringify(row)).toSorted();
