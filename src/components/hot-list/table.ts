import type { Column } from '../dashboard/table.ts';

/** The columns of the hot list, in the currency of the workspace. */
export const buildColumns = (currency: string): Column[] => [
  { key: 'name', label: 'Candidate Name' },
  { key: 'market', label: 'Market' },
  { key: 'units', label: 'Units', end: true },
  { key: 'weighted', label: `Weighted IFF (${currency})`, end: true },
  { key: 'stage', label: 'Stage' },
  { key: 'likely', label: 'Likely %', end: true },
];

/** What to say when no candidate is listed. */
export const describeEmpty = (isFiltered: boolean): { title: string; text: string } =>
  isFiltered
    ? { title: 'No matching candidates', text: 'Clear the filter to see the whole list.' }
    : {
        title: 'No candidates yet',
        text: 'Open opportunities with a franchise fee appear here, highest weighted fee first.',
      };
