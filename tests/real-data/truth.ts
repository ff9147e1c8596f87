import { linesOf } from './files.ts';

/*
 * What the pages have to show, computed from the files alone. The rules are written down here a
 * second time, in plain terms, and share no code with the application: what both have in common is
 * only what the product promises.
 */

export interface TrueLead {
  name: string;
  source: string | null;
  status: string;
  qualified: boolean;
}

export interface TrueDeal {
  id: string;
  company: string | null;
  stage: string;
  value: number | null;
  /** ISO day on which the deal was begun. */
  begun: string | null;
  /** Since when it has been in its stage; null when the file does not say. */
  since: string | null;
  market: string | null;
  units: number;
  /** In cents. */
  fee: bigint | null;
}

/** Percent that this account gives to its stages; from 20 on a lead counts as qualified. */
export const likely: Record<string, number> = {
  'New Lead': 5,
  'Low in Relevance': 15,
  'Not Sure': 10,
  'Might be': 35,
  'High in Relevance': 70,
  Worst: 0,
  Prospecting: 10,
  Engaging: 30,
  Won: 100,
  Lost: 0,
};
export const lostStages = ['Worst', 'Lost'];
export const decided = [...lostStages, 'Won'];
const qualifyingPct = 20;

/**
 * Nothing chosen is no answer; what was typed in small letters is the same as what was typed with
 * capitals.
 */
export function labelOf(text = ''): string | null {
  if (text.trim() === '' || text.toLowerCase() === 'select') return null;
  return text === text.toLowerCase()
    ? text
        .split(' ')
        .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
        .join(' ')
    : text;
}

/** Leads in the order of the file. `source` and `status` name the columns that say so. */
export function trueLeads(source = 'Lead Source', status = 'Lead Quality'): TrueLead[] {
  return linesOf('leads').map((line) => {
    const stage = labelOf(line[status]) ?? 'New Lead';
    return {
      name: `Prospect ${line['Lead Number']}`,
      source: labelOf(line[source]),
      status: stage,
      qualified: (likely[stage] ?? 10) >= qualifyingPct,
    };
  });
}

/**
 * Opportunities in the order of the file, with what the file of accounts says of their companies.
 */
export function trueDeals(): TrueDeal[] {
  const accounts = new Map(linesOf('accounts').map((line) => [line['account'], line]));
  return linesOf('opportunities').map((line) => {
    const account = accounts.get(line['account'] ?? '');
    return {
      id: line['opportunity_id'] ?? '',
      company: line['account'] || null,
      stage: line['deal_stage'] ?? '',
      value: line['close_value'] === '' ? null : Number(line['close_value']),
      begun: isoDay(line['engage_date']),
      since: isoDay(line['close_date'] || line['engage_date']),
      market: account?.['office_location'] ?? null,
      // A unit for every thousand people; a company that the file does not know is about one.
      units: account === undefined ? 1 : Math.floor(Number(account['employees']) / 1000),
      fee: account === undefined ? null : cents(account['revenue'] ?? ''),
    };
  });
}

/** Weighted fee in cents: units x fee x likelihood, half cents rounded up. */
export function weightOf({ units, fee, stage }: TrueDeal): bigint {
  return ((fee ?? 0n) * BigInt(units) * BigInt(likely[stage] ?? 0) + 50n) / 100n;
}

/** Open deals that have something to weigh, the heaviest first. */
export function trueHotList(deals: TrueDeal[]): TrueDeal[] {
  return deals
    .filter((deal) => !decided.includes(deal.stage) && deal.fee !== null && deal.units > 0)
    .toSorted((one, other) => Number(weightOf(other) - weightOf(one)));
}

/** How many rows have each key, the most frequent first. */
export function countBy<Row>(rows: Row[], keyOf: (row: Row) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return new Map([...counts].toSorted(([, one], [, other]) => other - one));
}

export const sumOf = (values: (number | null)[]): number =>
  values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

function isoDay(text = ''): string | null {
  const [month = '', day = '', year = ''] = text.split('/');
  return year === '' ? null : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function cents(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0').slice(0, 2));
}
