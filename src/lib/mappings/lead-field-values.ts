import { leadFields } from '../records/lead.ts';
import { keysWith, type Field, type FieldKind, type KeysWith } from '../records/fields.ts';
import type { leads } from '../schema/leads.ts';
import { getProviderLabel } from '../posture/mx/providers.ts';
import type { Evidence, Verdict } from '../posture/types.ts';
import type { companyDomains } from '../schema/company-domains.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';

/** One of our fields that a mapping can name. */
export interface SourceField {
  key: string;
  label: string;
  type: 'text' | 'number' | 'boolean' | 'datetime' | 'choice';
  /** Of a choice: what it can be. */
  choices?: readonly string[];
}

/** All that is known of a lead, as it is kept. */
export interface SourceRow {
  lead: Omit<typeof leads.$inferSelect, 'rawJson'>;
  company: Omit<typeof companyDomains.$inferSelect, 'breakdown'> | null;
  evidence: Evidence | null;
  referralId: string | null;
}

interface Source extends SourceField {
  read: (row: SourceRow) => FieldValue;
}

/**
 * From this score on a lead is an opportunity, at the stage beside it; the highest that it reaches.
 */
const stageThresholds = [
  { from: 85, stage: 'Propose' },
  { from: 70, stage: 'Develop' },
  { from: 55, stage: 'Qualify' },
] as const;

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

/** A field of the lead that a mapping can name as it is. */
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

const heats = ['Hot', 'Warm', 'Cold'] as const;
const commercialSegments = [
  'GREENFIELD',
  'COMPETITIVE',
  'WEAK_PARTNER',
  'RENEWAL',
  'LOW_INTENT',
] as const;

/** Our fields and how each is read. Pure. */
export const sourceFields: readonly Source[] = [
  ...keysWith(leadFields, 'mappable').map(toSource),
  text('leadId', 'Our id of the lead', ({ lead }) => lead.id),
  text('firstName', 'First name', ({ lead }) => splitName(lead.name).first),
  text('lastName', 'Last name', ({ lead }) => splitName(lead.name).last),
  text('company', 'Company', ({ lead, company }) => lead.company ?? company?.name ?? null),
  text(
    'companyOrDomain',
    'Company, else its domain',
    ({ lead, company }) => lead.company ?? company?.name ?? lead.domain,
  ),
  text('topic', 'Company and name', ({ lead }) =>
    lead.company === null || lead.company === lead.name
      ? lead.name
      : `${lead.company}: ${lead.name}`,
  ),
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
  choice('origin', 'Origin', ['Partner Center', 'Manual', 'Import', 'Website'], resolveOrigin),
  choice('processing', 'Processing', ['Idle', 'Working', 'Completed', 'Error'], resolveProcessing),
  text('referralId', 'Referral id', ({ referralId }) => referralId),
  {
    key: 'isReferral',
    label: 'Comes from Partner Center',
    type: 'boolean',
    read: ({ referralId, lead }) => referralId !== null || lead.referralType !== null,
  },
  choice('technicalHeat', 'Technical heat', heats, ({ lead }) =>
    selectByScore(lead.score, heats, 70, 40),
  ),
  choice('commercialSegment', 'Commercial segment', commercialSegments, classifyCommercialSegment),
  choice('commercialHeat', 'Commercial heat', ['High', 'Medium', 'Low'], ({ lead }) =>
    lead.priority === null
      ? null
      : lead.priority <= 2
        ? 'High'
        : lead.priority <= 4
          ? 'Medium'
          : 'Low',
  ),
  text('azureTenantId', 'Azure tenant id', ({ company }) => company?.azureTenantId ?? null),
  text('spf', 'SPF', ({ evidence }) => formatVerdict(evidence?.spf.verdict)),
  text('dkim', 'DKIM', ({ evidence }) => formatVerdict(evidence?.dkim.verdict)),
  text('dmarc', 'DMARC', ({ evidence }) => formatVerdict(evidence?.dmarc.verdict)),
  time('scoredAt', 'Scored', ({ company }) => company?.scoredAt),
  choice(
    'opportunityStage',
    'Stage by score',
    stageThresholds.map(({ stage }) => stage),
    ({ lead }) =>
      stageThresholds.find(({ from }) => lead.score !== null && lead.score >= from)?.stage ?? null,
  ),
];

/** What our fields say of a lead, by key. Pure. */
export function readSourceValues(row: SourceRow): Record<string, FieldValue> {
  return Object.fromEntries(sourceFields.map(({ key, read }) => [key, read(row)]));
}

/** The last word is the family name; one word alone is that. */
function splitName(name: string): { first: string | null; last: string } {
  const words = name.trim().split(/\s+/);
  return {
    first: words.length < 2 ? null : words.slice(0, -1).join(' '),
    last: words.at(-1) ?? name,
  };
}

function formatPriority(priority: number | null): string | null {
  return priority === null
    ? null
    : ([
        'Migrate now',
        'Migrate next',
        'Sell more now',
        'Sell more later',
        'Warm up',
        'Leave alone',
      ][priority - 1] ?? null);
}

function selectByScore<Word>(
  score: number | null,
  [high, middle, low]: readonly [Word, Word, Word],
  highFrom: number,
  middleFrom: number,
): Word | null {
  if (score === null) return null;
  return score >= highFrom ? high : score >= middleFrom ? middle : low;
}

/**
 * Greenfield has no mail provider of its own yet; a partner is weak whose customer is at Microsoft
 * 365 and badly set up.
 */
function classifyCommercialSegment({
  lead: { segment, mailProvider, score },
}: SourceRow): FieldValue {
  if (segment === null) return null;
  if (segment === 'Cold' || segment === 'Skip') return 'LOW_INTENT';
  if (segment === 'Migration')
    return mailProvider === null || mailProvider === 'self_hosted' ? 'GREENFIELD' : 'COMPETITIVE';
  return (score ?? 0) < 60 ? 'WEAK_PARTNER' : 'RENEWAL';
}

function resolveOrigin({ lead, referralId }: SourceRow): FieldValue {
  if (referralId !== null || lead.referralType !== null || lead.provider === 'partner-center')
    return 'Partner Center';
  return /web/i.test(lead.source ?? '') ? 'Website' : 'Import';
}

function resolveProcessing({ lead, company }: SourceRow): FieldValue {
  if (lead.score !== null) return 'Completed';
  return company === null || company.scanDueAt === null
    ? 'Idle'
    : company.scanAttempts > 0
      ? 'Error'
      : 'Working';
}

const verdictLabels: Record<Verdict, string> = {
  good: 'Good',
  weak: 'Weak',
  bad: 'Bad',
  missing: 'Missing',
  unknown: 'Unknown',
  not_applicable: 'Not applicable',
};
const formatVerdict = (verdict: Verdict | undefined): string | null =>
  verdict === undefined ? null : verdictLabels[verdict];

/** "Mail: Microsoft 365 behind Proofpoint. SPF good, DKIM unknown, DMARC weak (policy none)." */
function formatInfrastructure({ lead, evidence }: SourceRow): FieldValue {
  if (evidence === null) return null;
  const { mx, spf, dkim, dmarc } = evidence;
  const home = lead.mailProvider === null ? 'not known' : getProviderLabel(lead.mailProvider);
  const gateway = mx.gateway === null ? '' : ` behind ${getProviderLabel(mx.gateway)}`;
  const policy = dmarc.policy === null ? '' : ` (policy ${dmarc.policy})`;
  const toLowerVerdict = (verdict: Verdict) => verdictLabels[verdict].toLowerCase();
  return `Mail: ${home}${gateway}. SPF ${toLowerVerdict(spf.verdict)}, DKIM ${toLowerVerdict(dkim.verdict)}, DMARC ${toLowerVerdict(dmarc.verdict)}${policy}.`;
}
