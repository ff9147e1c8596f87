import type { ReferralsView } from '#lib/views/types.ts';
import type { Choice } from '../dashboard/filter-bar.ts';
import type { Column } from '../dashboard/table.ts';
import { getReferralTypeLabel } from './labels.ts';

export const columns: Column[] = [
  { key: 'name', label: 'Name', sort: 'asc' },
  { key: 'type', label: 'Type' },
  { key: 'status', label: 'Status' },
  { key: 'value', label: 'Deal value', end: true },
  { key: 'domain', label: 'Domain' },
  { key: 'created', label: 'Created', end: true, sort: 'desc' },
  { key: 'updated', label: 'Updated', end: true, sort: 'desc' },
];

/** The selects above the list. */
export const buildChoices = ({ byType, byStatus, domains }: ReferralsView): Choice[] => [
  {
    name: 'type',
    label: 'Type',
    all: 'All types',
    options: byType.map(({ key }) => ({ value: key, label: getReferralTypeLabel(key) })),
  },
  {
    name: 'status',
    label: 'Status',
    all: 'All statuses',
    options: byStatus.map(({ key, label }) => ({ value: key, label })),
  },
  {
    name: 'domain',
    label: 'Domain',
    all: 'All domains',
    options: domains.map((domain) => ({ value: domain, label: domain })),
  },
];

/** What to say when no referral is listed; without a connection, who can make one. */
export function describeEmpty(
  isNarrowed: boolean,
  isConnected: boolean,
  mayConnect: boolean,
): { title: string; text: string } {
  if (isNarrowed)
    return { title: 'No matching referrals', text: 'Clear a filter or choose a longer period.' };
  if (isConnected)
    return {
      title: 'No referrals yet',
      text: 'They appear here after the first Partner Center sync.',
    };
  const whatToDo = mayConnect
    ? 'Connect it to see them here.'
    : 'Ask an admin of this workspace to connect it.';
  return {
    title: 'Partner Center is not connected',
    text: `Referrals come from Microsoft Partner Center. ${whatToDo}`,
  };
}
