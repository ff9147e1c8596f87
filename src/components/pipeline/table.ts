import { days } from '../ui/format.ts';
import type { Column } from '../dashboard/table.ts';

/** The columns of the opportunities, in the currency of the workspace. */
export const buildColumns = (currency: string): Column[] => [
  { key: 'name', label: 'Name' },
  { key: 'company', label: 'Company' },
  { key: 'stage', label: 'Stage' },
  { key: 'source', label: 'Source' },
  { key: 'value', label: `Value (${currency})`, end: true, sort: 'desc' },
  { key: 'entered', label: 'Time in stage', end: true, sort: 'asc' },
  { key: 'created', label: 'Created', end: true },
];

/** The active filters of the list: parameter and words. */
export function listPipelineFilters(url: URL): { name: string; label: string }[] {
  const stage = url.searchParams.get('stage');
  return [
    ...(stage ? [{ name: 'stage', label: `Stage: ${stage}` }] : []),
    ...(url.searchParams.has('stuck')
      ? [{ name: 'stuck', label: 'Stuck for more than 30 days' }]
      : []),
  ];
}

/** What to say when no opportunity is listed. */
export const describeEmpty = (isFiltered: boolean): { title: string; text: string } =>
  isFiltered
    ? {
        title: 'No matching opportunities',
        text: 'Clear the filter or choose a longer period.',
      }
    : {
        title: 'No opportunities',
        text: 'They appear here after the first sync. A longer period may show more.',
      };

/** Whole days since an opportunity entered its stage. */
export const formatTimeInStage = (since: Date, now = new Date()): string =>
  days(Math.max(0, Math.floor((now.getTime() - since.getTime()) / 86_400_000)));
