import { addDays, daysBetween } from './period.ts';

/** How much time one bar of a chart stands for. */
export type BucketUnit = 'day' | 'week' | 'month' | 'quarter' | 'year' | 'fiveYears';

/** The days of one bar, both ends included, as ISO dates. */
export interface Bucket {
  from: string;
  to: string;
}

/**
 * The most days of a range that a chart shows in each unit, so that there are never more than 61
 * buckets; the five years do for all days that a period can have.
 */
const mostDays: [BucketUnit, number][] = [
  ['day', 31],
  ['week', 185],
  ['month', 5 * 365],
  ['quarter', 15 * 365],
  ['year', 60 * 365],
];

/** The unit in which a chart shows a range of days. */
export function chooseUnit({ from, to }: Bucket): BucketUnit {
  const days = daysBetween(from, to) + 1;
  return mostDays.find(([, most]) => days <= most)?.[0] ?? 'fiveYears';
}

/**
 * Cuts a range into buckets that follow one another and cover it. Weeks begin on Monday, the longer
 * units where the calendar begins them; the first and the last bucket end with the range.
 */
export function cutIntoBuckets(unit: BucketUnit, { from, to }: Bucket): Bucket[] {
  const buckets: Bucket[] = [];
  for (let start = from; start <= to;) {
    const next = findNextStart(unit, start);
    if (next <= start) throw new RangeError(`The bucket after ${start} does not begin later`);
    const end = addDays(next, -1);
    buckets.push({ from: start, to: end < to ? end : to });
    start = next;
  }
  return buckets;
}

const monthsOf = { month: 1, quarter: 3, year: 12, fiveYears: 60 };

/** The first day of the bucket after the one that a day is in. */
function findNextStart(unit: BucketUnit, day: string): string {
  if (unit === 'day') return addDays(day, 1);
  if (unit === 'week') return addDays(day, 7 - ((new Date(day).getUTCDay() + 6) % 7));
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1;
  const next = (Math.floor(months / monthsOf[unit]) + 1) * monthsOf[unit];
  const [year, month] = [Math.floor(next / 12), (next % 12) + 1];
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`;
}
