import { parsePushFilter, readPushPage, type PushRow } from '../push-list.ts';
import { defineList, type Columns } from './list.ts';

const columns: Columns<PushRow> = () => [
  { header: 'Lead', width: 28, kind: 'text', value: (row) => row.leadName },
  { header: 'Company', width: 24, kind: 'text', value: (row) => row.company },
  { header: 'System', width: 18, kind: 'text', value: (row) => row.system },
  { header: 'State', width: 10, kind: 'text', value: (row) => row.state },
  { header: 'Failed attempts', width: 16, kind: 'number', value: (row) => row.attempts },
  { header: 'Requested', width: 18, kind: 'instant', value: (row) => row.requestedAt },
  { header: 'Last attempt', width: 18, kind: 'instant', value: (row) => row.lastAttemptAt },
  { header: 'Last success', width: 18, kind: 'instant', value: (row) => row.syncedAt },
  { header: 'CRM id', width: 38, kind: 'text', value: (row) => row.remoteId },
  { header: 'Error', width: 60, kind: 'text', value: (row) => row.errorMessage },
];

/** The pushes with the filter of their page. */
export const pushList = defineList({
  title: 'Pushes',
  columns,
  filter: ({ params }) => parsePushFilter(params),
  page: (tx, { tenant }, filter, cursor, size) => readPushPage(tx, tenant.id, filter, cursor, size),
});
