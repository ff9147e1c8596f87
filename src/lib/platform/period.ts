/** The date range of a page, in the tenant's calendar. One per page, never per card. */
export const periodKeys = ['all', '30d', '90d', '12m', 'ytd', 'custom'] as const;
type PeriodKey = (typeof periodKeys)[number];
type Compare = 'none' | 'previous' | 'year';

export interface Period {
  key: PeriodKey;
  /** ISO dates, inclusive; null means without bound. */
  from: string | null;
  to: string | null;
  label: string;
  compare: Compare;
  compareFrom: string | null;
  compareTo: string | null;
  compareLabel: string | null;
}

/** The days that addresses and the API can name: those of the years that records can carry. */
export const firstDay = '1900-01-01';
export const lastDay = '2200-12-31';

/** No bounds, and so nothing to compare with. */
export const allTime: Period = {
  key: 'all',
  from: null,
  to: null,
  label: 'All time',
  compare: 'none',
  compareFrom: null,
  compareTo: null,
  compareLabel: null,
};

interface Range {
  from: string;
  to: string;
}

/**
 * Reads `period`, `from`, `to` and `compare` of a page's URL. Invalid values count as absent; so
 * does a day before `firstDay` or after `lastDay`. A comparison period may begin earlier, at most
 * 301 years before `firstDay`, which every calendar involved still knows.
 */
export function parsePeriod(params: URLSearchParams, today: string): Period {
  const key = parseOption(params.get('period'), periodKeys, 'all');
  const range = resolveRange(key, params, today);
  if (range === null) return allTime;
  const compare = parseOption(params.get('compare'), ['none', 'previous', 'year'] as const, 'none');
  return {
    key,
    ...range,
    label: labels[key] ?? `${range.from} to ${range.to}`,
    compare,
    ...resolveComparison(range, compare),
  };
}

/**
 * Whether the period of a page's URL can be read, or none is given: for requests that change what a
 * list shows, where "not given" would mean all of it.
 */
export function isReadablePeriod(params: URLSearchParams): boolean {
  const key = params.get('period') || 'all';
  return parsePeriod(params, firstDay).key === key;
}

const labels: Partial<Record<PeriodKey, string>> = {
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
  '12m': 'Last 12 months',
  ytd: 'This year',
};

function resolveRange(key: PeriodKey, params: URLSearchParams, today: string): Range | null {
  switch (key) {
    case 'all':
      return null;
    case '30d':
      return { from: addDays(today, -29), to: today };
    case '90d':
      return { from: addDays(today, -89), to: today };
    case '12m':
      return { from: addDays(addYears(today, -1), 1), to: today };
    case 'ytd':
      return { from: `${today.slice(0, 4)}-01-01`, to: today };
    case 'custom':
      return customRange(params.get('from'), params.get('to'));
  }
}

function customRange(from: string | null, to: string | null): Range | null {
  if (from === null || to === null || !isDay(from) || !isDay(to)) return null;
  return from <= to ? { from, to } : { from: to, to: from };
}

function resolveComparison(range: Range, compare: Compare) {
  if (compare === 'none') return { compareFrom: null, compareTo: null, compareLabel: null };
  if (compare === 'year') {
    return {
      compareFrom: addYears(range.from, -1),
      compareTo: addYears(range.to, -1),
      compareLabel: 'same period last year',
    };
  }
  const days = daysBetween(range.from, range.to) + 1;
  return {
    compareFrom: addDays(range.from, -days),
    compareTo: addDays(range.from, -1),
    compareLabel: 'previous period',
  };
}

/** Days from one ISO date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000);
}

/**
 * An ISO date moved by whole days. Throws RangeError beyond the years 0 to 9999: longer years sort
 * before shorter ones as text, and a loop up to some day would never reach it.
 */
export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  const text = at.toISOString();
  if (!/^\d{4}-/.test(text)) throw new RangeError('A day lies outside the years 0 to 9999');
  return text.slice(0, 10);
}

/** An ISO date moved by whole years; 29 February becomes 28 February. */
export function addYears(date: string, years: number): string {
  const moved = `${String(Number(date.slice(0, 4)) + years).padStart(4, '0')}${date.slice(4)}`;
  return isDate(moved) ? moved : addDays(`${moved.slice(0, 8)}28`, 0);
}

/** Whether a text is an ISO date from `firstDay` to `lastDay`. */
export function isDay(text: string): boolean {
  return isDate(text) && firstDay <= text && text <= lastDay;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

function parseOption<const T extends string>(
  text: string | null,
  options: readonly T[],
  fallback: T,
): T {
  return options.find((option) => option === text) ?? fallback;
}
