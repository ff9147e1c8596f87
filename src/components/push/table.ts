import type { PushesView, PushRow, PushState } from '#lib/views/push-list.ts';
import type { Choice } from '../dashboard/filter-bar.ts';
import type { Column } from '../dashboard/table.ts';
import { describePush, stateLabels } from './labels.ts';

/** The states in the order of the cards, each with the note under its figure. */
export const stateNotes: Record<PushState, string> = {
  pending: 'Waiting to be sent',
  synced: 'The same on both sides',
  failed: 'Gave up; each row says why',
  conflict: 'Waiting for your decision',
};

export const states = Object.keys(stateNotes) as PushState[];

/** The columns of the pushes: the system where there are several, actions for those who may act. */
export const buildColumns = ({ systems }: PushesView, mayAct: boolean): Column[] => [
  { key: 'lead', label: 'Lead' },
  { key: 'state', label: 'Status' },
  { key: 'what', label: 'What happened' },
  ...(systems.length > 1 ? [{ key: 'system', label: 'System' }] : []),
  { key: 'updated', label: 'Changed', end: true },
  ...(mayAct ? [{ key: 'action', label: 'Action', end: true }] : []),
];

/** The selects above the list. */
export const buildChoices = ({ systems }: PushesView): Choice[] => [
  {
    name: 'state',
    label: 'Status',
    all: 'All statuses',
    options: states.map((state) => ({ value: state, label: stateLabels[state].word })),
  },
  ...(systems.length > 1
    ? [
        {
          name: 'connection',
          label: 'System',
          all: 'All systems',
          options: systems.map(({ id, label }) => ({ value: id, label })),
        },
      ]
    : []),
];

/** What to say when no push is listed. */
export const describeEmpty = (isFiltered: boolean): { title: string; text: string } =>
  isFiltered
    ? { title: 'No matching pushes', text: 'Clear a filter to see more.' }
    : {
        title: 'Nothing pushed yet',
        text: 'Open a lead and push it, or select several in the lead list.',
      };

/** What happened to a push, with its last error where it has failed so far. */
export function describeRow(row: PushRow, now: Date): string {
  if (row.state === 'failed') return row.errorMessage ?? describePush(row, now);
  return row.state === 'pending' && row.attempts > 0
    ? `${describePush(row, now)} ${row.errorMessage ?? ''}`.trim()
    : describePush(row, now);
}
