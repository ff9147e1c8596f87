import { getProviderLabel, providers, SELF_HOSTED } from '#lib/posture/mx/providers.ts';
import type { LeadFilter } from '#lib/entities/lead/queries.ts';
import type { LeadRow } from '#lib/views/types.ts';
import { referralTypeLabels } from '../referrals/labels.ts';
import { linkTo } from '../ui/url.ts';

/** How segments are called, the colour that each has everywhere, and what it asks for. */
export const segmentLabels = {
  Migration: { tone: 'good', about: 'Not on Microsoft 365 yet and worth migrating' },
  Existing: { tone: 'blue', about: 'Already on Microsoft 365; more can be sold' },
  Cold: { tone: 'neutral', about: 'Little is known, or little potential right now' },
  Skip: { tone: 'neutral', about: 'Not worth pursuing' },
} as const satisfies Record<NonNullable<LeadRow['segment']>, { tone: string; about: string }>;

/** How a lead stands in the connected CRM. */
export const pushStateLabels = {
  pending: { label: 'Pending', tone: 'accent', about: 'Waiting to be sent' },
  synced: { label: 'Synced', tone: 'good', about: 'Up to date in the CRM' },
  failed: { label: 'Failed', tone: 'bad', about: 'Could not be sent; open the lead to see why' },
  conflict: {
    label: 'Conflict',
    tone: 'warn',
    about: 'Changed on both sides; needs a decision',
  },
} as const satisfies Record<
  NonNullable<LeadRow['pushState']>,
  { label: string; tone: string; about: string }
>;

const toOption = (value: string, label = value) => ({ value, label });

/** What a choice of the filter bar offers besides "all". */
export const choices = {
  segment: Object.keys(segmentLabels).map((segment) => toOption(segment)),
  provider: [
    ...providers
      .filter(({ kind }) => kind === 'mailbox')
      .map(({ key, label }) => toOption(key, label)),
    toOption(SELF_HOSTED, getProviderLabel(SELF_HOSTED)),
  ],
  referral: Object.entries(referralTypeLabels).map(([type, { label }]) => toOption(type, label)),
  push: [
    ...Object.entries(pushStateLabels).map(([state, { label }]) => toOption(state, label)),
    toOption('never', 'Never pushed'),
  ],
  qualified: [toOption('yes', 'Qualified'), toOption('no', 'Not qualified')],
};

const labels = {
  search: 'Search',
  source: 'Source',
  status: 'Status',
  qualified: 'Qualified',
  segment: 'Segment',
  provider: 'Mail provider',
  scoreMin: 'Score from',
  scoreMax: 'Score to',
  referral: 'Referral',
  push: 'CRM',
  domain: 'Domain',
} as const;

/** The parameters of the filter, in the order of the bar. */
export const filterNames = Object.keys(labels) as (keyof typeof labels)[];

const noFilters = Object.fromEntries(filterNames.map((name) => [name, null]));

/**
 * The page without any filter but `changes`. A bare address would bring back the last filter, so
 * that "all" is said.
 */
export function linkWithOnly(url: URL, changes: Record<string, string> = {}): string {
  return linkExplicitly(url, { ...noFilters, q: null, ...changes });
}

/** As linkTo, where taking the last filter away still means all leads. */
function linkExplicitly(url: URL, changes: Record<string, string | null>): string {
  const link = linkTo(url, changes);
  return `${link}${link.includes('?') ? '' : '?filters=none'}#rows`;
}

/** What is filtered by, in words, each with the way to take it off. */
export function listActiveFilters(url: URL, filter: LeadFilter): { label: string; href: string }[] {
  return filterNames
    .filter((name) => filter[name] !== undefined)
    .map((name) => {
      const value = filter[name];
      const text = typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
      const known =
        name in choices
          ? choices[name as keyof typeof choices].find((each) => each.value === text)?.label
          : undefined;
      return {
        label: `${labels[name]}: ${known ?? (text === '' ? 'No source' : text)}`,
        href: linkExplicitly(url, { [name]: null, ...(name === 'search' && { q: null }) }),
      };
    });
}

/** What to say when no lead is listed. */
export function describeEmpty(
  isNarrowed: boolean,
  mayConnect: boolean,
): { title: string; text: string } {
  if (isNarrowed)
    return { title: 'No matching leads', text: 'Clear a filter or choose a longer period.' };
  const whoCan = mayConnect ? '' : ' Ask an admin of this workspace to connect one.';
  return {
    title: 'No leads yet',
    text: `They appear here once a connected system has synced.${whoCan}`,
  };
}
