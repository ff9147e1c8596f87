import type { LeadRow } from '#lib/views/types.ts';
import { shownFields, type Field, type ShownField } from '#lib/records/fields.ts';
import { leadFields } from '#lib/records/lead.ts';
import type { PushConnection } from '#lib/outbound/push/request.ts';
import type { SavedView } from '#lib/views/saved/queries.ts';
import type { Column } from '../dashboard/table.ts';
import type { ShellAccess } from '../shell/access.ts';

/** What the live page offers and a report of it does not. */
export interface LeadTools {
  views: SavedView[];
  viewer: { user: { id: string }; role: ShellAccess['role'] };
  query: string;
  /** Where the leads can be pushed to. */
  targets: PushConnection[];
}

/** The columns of the lead table: those that no lead of the workspace can fill are left out. */
export interface LeadColumns {
  /** Domain, score and referral. */
  engine: boolean;
  /** The state in the connected CRM. */
  crm: boolean;
  /** Checkboxes to select rows. */
  select: boolean;
}

/** The columns for the workspace's features and for what its rows hold from earlier ones. */
export function selectColumns(
  rows: readonly LeadRow[],
  features: readonly string[],
  select: boolean,
): LeadColumns {
  return {
    engine:
      features.includes('lead-engine') ||
      rows.some(({ score, referralType }) => score !== null || referralType !== null),
    crm: features.includes('crm-push') || rows.some(({ pushState }) => pushState !== null),
    select,
  };
}

/** The fields of the list that the table draws by label and value alone. */
export function tableFields({ engine, crm }: Pick<LeadColumns, 'engine' | 'crm'>): ShownField[] {
  const isRoomy = !engine && !crm;
  return shownFields(leadFields, 'list').filter(
    ({ field: { table } }) => table === 'always' || (table === 'roomy' && isRoomy),
  );
}

function toColumn({ name, field }: ShownField): Column {
  return {
    key: field.sort ?? name,
    label: field.label,
    ...(field.sort !== undefined && { sort: 'desc' }),
    ...(isAligned(field) && { end: true }),
    ...(field.table === 'always' && { wide: true }),
  };
}

/** Figures and dates are compared down the column. */
export const isAligned = ({ kind }: Field): boolean => kind !== 'text' && kind !== 'flag';

export function buildColumns({ engine, crm, select }: LeadColumns, currency: string): Column[] {
  return [
    ...(select ? [{ key: 'select', label: 'Select', select: true }] : []),
    { key: 'name', label: 'Name', sort: 'asc' },
    ...(engine
      ? [
          { key: 'domain', label: 'Domain', wide: true },
          { key: 'score', label: 'Score', sort: 'desc' as const },
          { key: 'referral', label: 'Referral', wide: true },
        ]
      : [
          { key: 'contact', label: 'Contact' },
          { key: 'source', label: 'Source' },
        ]),
    { key: 'status', label: 'Status' },
    { key: 'value', label: `Value (${currency})`, end: true, sort: 'desc' },
    ...tableFields({ engine, crm }).map(toColumn),
    ...(crm ? [{ key: 'push', label: 'CRM' }] : []),
    { key: 'created', label: 'Created', end: true, sort: 'desc', wide: engine },
  ];
}
