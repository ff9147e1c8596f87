import type { ActivityRow, HotListRow, NoteRow, OpportunityRow, ReferralRow } from '../types.ts';
import { leadFields } from '../../records/lead.ts';
import { fieldColumns } from './field-columns.ts';
import type { Columns } from './list.ts';

export const leadColumns = fieldColumns(leadFields);

export const opportunityColumns: Columns<OpportunityRow> = ({ currency }) => [
  { header: 'Name', width: 28, kind: 'text', value: (row) => row.name },
  { header: 'Company', width: 24, kind: 'text', value: (row) => row.company },
  { header: 'Stage', width: 20, kind: 'text', value: (row) => row.stage },
  { header: 'Outcome', width: 10, kind: 'text', value: (row) => row.outcome },
  { header: 'Source', width: 20, kind: 'text', value: (row) => row.source },
  { header: `Value (${currency})`, width: 14, kind: 'money', value: (row) => row.value },
  { header: 'In this stage since', width: 18, kind: 'instant', value: (row) => row.enteredStageAt },
  { header: 'Created', width: 18, kind: 'instant', value: (row) => row.createdAt },
];

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

export const referralColumns: Columns<ReferralRow> = () => [
  { header: 'Name', width: 32, kind: 'text', value: (row) => row.name },
  { header: 'Company', width: 24, kind: 'text', value: (row) => row.company },
  { header: 'Type', width: 18, kind: 'text', value: (row) => row.type },
  { header: 'Status', width: 12, kind: 'text', value: (row) => row.status },
  { header: 'Substatus', width: 14, kind: 'text', value: (row) => row.substatus },
  { header: 'Direction', width: 12, kind: 'text', value: (row) => row.direction },
  { header: 'Deal value', width: 14, kind: 'money', value: (row) => row.value },
  // Next to the amount: each referral has its own currency.
  { header: 'Currency', width: 10, kind: 'text', value: (row) => row.currency },
  { header: 'Domain', width: 28, kind: 'text', value: (row) => row.domain },
  { header: 'Reason for no domain', width: 40, kind: 'text', value: (row) => row.domainReason },
  { header: 'Created', width: 18, kind: 'instant', value: (row) => row.createdAt },
  { header: 'Updated', width: 18, kind: 'instant', value: (row) => row.updatedAt },
];

export const noteColumns: Columns<NoteRow> = () => [
  { header: 'Date', width: 18, kind: 'instant', value: (row) => row.noteDate },
  { header: 'Author', width: 20, kind: 'text', value: (row) => row.author },
  { header: 'Contact', width: 28, kind: 'text', value: (row) => row.contactName },
  { header: 'Content', width: 80, kind: 'text', value: (row) => row.content },
];

export const activityColumns: Columns<ActivityRow> = () => [
  { header: 'When', width: 18, kind: 'instant', value: (row) => row.scheduledAt },
  { header: 'Type', width: 18, kind: 'text', value: (row) => row.activityType },
  { header: 'Contact', width: 28, kind: 'text', value: (row) => row.contactName },
  { header: 'Description', width: 60, kind: 'text', value: (row) => row.description },
  { header: 'Status', width: 14, kind: 'text', value: (row) => row.status },
];
