import { leadFields } from '../records/lead.ts';
import { keysWith, type Field, type FieldKind, type KeysWith } from '../records/fields.ts';
import type { ValueType } from '../conversion/transformations/kit/types.ts';
import { getProviderLabel } from '../posture/mx/providers.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';
import {
  classifyCommercialHeat,
  classifyCommercialSegment,
  commercialHeats,
  commercialSegments,
  formatInfrastructure,
  formatPriority,
  formatTopic,
  formatVerdict,
  opportunityStages,
  origins,
  processingStates,
  readNameParts,
  resolveOpportunityStage,
  resolveOrigin,
  resolveProcessing,
  resolveTechnicalHeat,
  technicalHeats,
  type SourceRow,
} from './derived-values.ts';

/** One of our fields that a mapping can name. */
export interface SourceField {
  key: string;
  label: string;
  type: 'text' | 'number' | 'boolean' | 'datetime' | 'choice';
  /** The values of a choice. */
  choices?: readonly string[];
}

/** The type of value that each type of source holds. */
export const valueTypes: Readonly<Record<SourceField['type'], ValueType>> = {
  text: 'text',
  choice: 'text',
  number: 'number',
  boolean: 'boolean',
  datetime: 'instant',
};

interface Source extends SourceField {
  read: (row: SourceRow) => FieldValue;
}

const text = (key: string, label: string, read: Source['read']): Source => ({
  key,
  label,
  type: 'text',
  read,
});
const number = (key: string, label: string, read: Source['read']): Source => ({
  key,
  label,
  type: 'number',
  read,
});
const time = (
  key: string,
  label: string,
  read: (row: SourceRow) => Date | null | undefined,
): Source => ({ key, label, type: 'datetime', read: (row) => read(row)?.toISOString() ?? null });
const choice = (
  key: string,
  label: string,
  choices: readonly string[],
  read: Source['read'],
): Source => ({ key, label, type: 'choice', choices, read });

const fieldTypes: Record<FieldKind, SourceField['type']> = {
  text: 'text',
  id: 'text',
  amount: 'number',
  integer: 'number',
  percent: 'number',
  flag: 'boolean',
  instant: 'datetime',
};

/** A field that a mapping reads from the lead's row without change. */
function toSource(key: KeysWith<typeof leadFields, 'mappable'>): Source {
  const { kind, label, values, mappable }: Field = leadFields[key];
  return {
    key: typeof mappable === 'string' ? mappable : key,
    label,
    type: values === undefined ? fieldTypes[kind] : 'choice',
    ...(values && { choices: values }),
    read: ({ lead }) => toFieldValue(kind, lead[key]),
  };
}

function toFieldValue(kind: FieldKind, value: string | number | boolean | Date | null): FieldValue {
  if (value instanceof Date) return value.toISOString();
  return kind === 'amount' && value !== null ? Number(value) : value;
}

/** The catalogue of our fields, in the order in which pages list them. */
const sourceFields: readonly Source[] = [
  ...keysWith(leadFields, 'mappable').map(toSource),
  text('leadId', 'Our id of the lead', ({ lead }) => lead.id),
  text('firstName', 'First name', ({ lead }) => readNameParts(lead).first),
  text('lastName', 'Last name', ({ lead }) => readNameParts(lead).last),
  text('company', 'Company', ({ lead, company }) => lead.company ?? company?.name ?? null),
  text(
    'companyOrDomain',
    'Company, else its domain',
    ({ lead, company }) => lead.company ?? company?.name ?? lead.domain,
  ),
  text(
    'companyOrName',
    'Company, else its domain, else the name',
    ({ lead, company }) => lead.company ?? company?.name ?? lead.domain ?? lead.name,
  ),
  text('topic', 'Company and name', formatTopic),
  text(
    'website',
    'Website',
    ({ lead }) => lead.website ?? (lead.domain === null ? null : `https://${lead.domain}`),
  ),
  number('employees', 'Employees', ({ company }) => company?.employees ?? null),
  number('m365Fit', 'Fit for Microsoft 365', ({ lead }) => lead.score),
  number('priority', 'Priority, 1 is the most urgent', ({ lead }) => lead.priority),
  text('priorityCategory', 'Priority as P1 to P6', ({ lead }) =>
    lead.priority === null ? null : `P${lead.priority}`,
  ),
  text('priorityLabel', 'Priority in words', ({ lead }) => formatPriority(lead.priority)),
  text('mailProvider', 'Mail provider', ({ lead }) =>
    lead.mailProvider === null ? null : getProviderLabel(lead.mailProvider),
  ),
  text('infrastructure', 'Infrastructure in one line', formatInfrastructure),
  choice('origin', 'Origin', origins, resolveOrigin),
  choice('processing', 'Processing', processingStates, resolveProcessing),
  text('referralId', 'Referral id', ({ referralId }) => referralId),
  {
    key: 'isReferral',
    label: 'Comes from Partner Center',
    type: 'boolean',
    read: ({ referralId, lead }) => referralId !== null || lead.referralType !== null,
  },
  choice('technicalHeat', 'Technical heat', technicalHeats, resolveTechnicalHeat),
  choice('commercialSegment', 'Commercial segment', commercialSegments, classifyCommercialSegment),
  choice('commercialHeat', 'Commercial heat', commercialHeats, classifyCommercialHeat),
  text('azureTenantId', 'Azure tenant id', ({ company }) => company?.azureTenantId ?? null),
  text('spf', 'SPF', ({ evidence }) => formatVerdict(evidence?.spf.verdict)),
  text('dkim', 'DKIM', ({ evidence }) => formatVerdict(evidence?.dkim.verdict)),
  text('dmarc', 'DMARC', ({ evidence }) => formatVerdict(evidence?.dmarc.verdict)),
  time('scoredAt', 'Scored', ({ company }) => company?.scoredAt),
  choice('opportunityStage', 'Stage by score', opportunityStages, resolveOpportunityStage),
];

/** The catalogue without the readers, for pages and for the check of a mapping. */
export const pushSources: readonly SourceField[] = sourceFields.map(
  ({ key, label, type, choices }) => ({ key, label, type, ...(choices && { choices }) }),
);

/** The value of each of our fields for one lead, by the field's key. Pure. */
export function readSourceValues(row: SourceRow): Record<string, FieldValue> {
  return Object.fromEntries(sourceFields.map(({ key, read }) => [key, read(row)]));
}
