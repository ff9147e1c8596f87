import type { HotListRow, NoteRow } from '../types.ts';
import { leadFields } from '../../records/lead.ts';
import { noteFields } from '../../records/note.ts';
import { opportunityFields } from '../../records/opportunity.ts';
import { referralFields } from '../../records/referral.ts';
import { scheduledActivityFields } from '../../records/scheduled-activity.ts';
import { fieldColumns } from './field-columns.ts';
import type { Columns } from './list.ts';

export const leadColumns = fieldColumns(leadFields);

export const opportunityColumns = fieldColumns(opportunityFields, [
  'name',
  'company',
  'stage',
  'outcome',
]);

export const hotListColumns: Columns<HotListRow> = ({ currency }) => [
  { header: 'Candidate Name', width: 28, kind: 'text', value: (row) => row.candidateName },
  { header: 'Market', width: 24, kind: 'text', value: (row) => row.market },
  { header: 'Units', width: 8, kind: 'number', value: (row) => row.units },
  {
    header: `Franchise Fee (${currency})`,
    width: 20,
    kind: 'money',
    value: (row) => row.franchiseFee,
  },
  {
    header: `Weighted IFF (${currency})`,
    width: 20,
    kind: 'money',
    value: (row) => row.weightedIff,
  },
  { header: 'Stage', width: 20, kind: 'text', value: (row) => row.stage },
  { header: 'Likely %', width: 10, kind: 'number', value: (row) => row.likelyPct },
];

export const referralColumns = fieldColumns(referralFields, [
  'name',
  'companyName',
  'referralType',
  'status',
  'substatus',
  'direction',
  'dealValue',
  'currency',
]);

export const noteColumns = fieldColumns(noteFields, [
  'noteDate',
  'author',
  { header: 'Contact', width: 28, kind: 'text', value: (row: NoteRow) => row.contactName },
]);

export const activityColumns = fieldColumns(scheduledActivityFields, ['scheduledAt']);
