import type { ReferralConflict } from '#lib/outbound/actions/referral.ts';
import type { ReferralRow } from '#lib/views/types.ts';
import { count, exactMoney, money } from '../ui/format.ts';

/** How the types of referral are called, and the colour that each has everywhere. */
export const referralTypeLabels = {
  'co-sell': { label: 'Co-sell', tone: 'blue' },
  marketplace: { label: 'Marketplace', tone: 'good' },
  'solution-provider': { label: 'Solution provider', tone: 'orange' },
} as const satisfies Record<ReferralRow['type'], { label: string; tone: string }>;

/** The name of a type that a breakdown counts. */
export const getReferralTypeLabel = (type: string): string =>
  Object.entries(referralTypeLabels).find(([key]) => key === type)?.[1].label ?? type;

/**
 * The colour of a status: new ones wait for an answer and run out; closed ones are told apart by
 * how they ended.
 */
export function getStatusTone({
  status,
  substatus,
}: Pick<ReferralRow, 'status' | 'substatus'>): 'warn' | 'accent' | 'good' | 'bad' | 'neutral' {
  if (status === 'New') return 'warn';
  if (status === 'Active') return 'accent';
  return substatus === 'Won' ? 'good' : substatus === 'Lost' ? 'bad' : 'neutral';
}

/** What people call the state of a referral: how it ended when it did, else how far it is. */
export function formatStatus({
  status,
  substatus,
}: Pick<ReferralRow, 'status' | 'substatus'>): string {
  if (status === 'Active') return substatus === 'Accepted' ? 'In progress' : 'Active';
  return status === 'Closed' && substatus ? substatus : status;
}

/**
 * The amount of a deal in its own currency, whole and to the cent; null when there is none. A
 * currency that is no ISO code stands behind the figure.
 */
export function formatDealAmount({
  value,
  currency,
}: Pick<ReferralRow, 'value' | 'currency'>): { shown: string; exact: string } | null {
  if (value === null) return null;
  if (currency !== null && /^[a-z]{3}$/i.test(currency))
    return {
      shown: money(value, currency),
      exact: `${exactMoney(value, currency)} ${currency.toUpperCase()}`,
    };
  const shown = `${count(value)} ${currency ?? ''}`.trim();
  return {
    shown,
    exact: currency === null ? `${shown}, in a currency that the source does not name` : shown,
  };
}

/**
 * The query of the list, which goes along to a referral and back so that the same rows are shown
 * again, without what a form did meanwhile and what was open over it.
 */
export function listQuery(url: URL): string {
  const params = new URLSearchParams(url.searchParams);
  for (const name of ['done', 'referral']) params.delete(name);
  return params.size === 0 ? '' : `?${params}`;
}

/**
 * The fields in which two versions of a referral differ, each with both values in words. Status and
 * sub-status are one field here, and so are value and currency of a deal.
 */
export function describeDifferences({
  differences,
  seen,
  found,
}: ReferralConflict): { label: string; seen: string; found: string }[] {
  const rows = differences.map(({ name, label }) => {
    const format = formats[name];
    const words = (version: ReferralConflict['seen']) =>
      (format === undefined ? version[name] : format.of(version)) ?? 'Empty';
    return { label: format?.label ?? label, seen: words(seen), found: words(found) };
  });
  return rows.filter(({ label }, index) => rows.findIndex((row) => row.label === label) === index);
}

const statusFormat = {
  label: 'Status',
  of: ({ status, substatus }: ReferralConflict['seen']) =>
    formatStatus({ status: status ?? '', substatus: substatus ?? null }),
};
const dealFormat = {
  label: 'Deal value',
  of: ({ dealValue, currency }: ReferralConflict['seen']) =>
    formatDealAmount({
      value: typeof dealValue === 'string' ? Number(dealValue) : null,
      currency: currency ?? null,
    })?.exact ?? null,
};
const formats: Partial<
  Record<string, { label: string; of: (version: ReferralConflict['seen']) => string | null }>
> = {
  status: statusFormat,
  substatus: statusFormat,
  dealValue: dealFormat,
  currency: dealFormat,
};
