import { getProviderLabel } from '../posture/mx/providers.ts';
import type { Evidence, Verdict } from '../posture/types.ts';
import type { companyDomains } from '../schema/company-domains.ts';
import type { leads } from '../schema/leads.ts';
import type { FieldValue } from '../connectors/contract/destination.ts';

/*
 * Values that the catalogue of our fields derives from a lead's row, its company and its evidence.
 * All of them are pure.
 */

/** Everything that is stored about a lead: the row, its company domain, evidence and referral. */
export interface SourceRow {
  lead: Omit<typeof leads.$inferSelect, 'rawJson'>;
  company: Omit<typeof companyDomains.$inferSelect, 'breakdown'> | null;
  evidence: Evidence | null;
  referralId: string | null;
}

export const technicalHeats = ['Hot', 'Warm', 'Cold'] as const;
export const commercialSegments = [
  'GREENFIELD',
  'COMPETITIVE',
  'WEAK_PARTNER',
  'RENEWAL',
  'LOW_INTENT',
] as const;
export const commercialHeats = ['High', 'Medium', 'Low'] as const;
export const origins = ['Partner Center', 'Manual', 'Import', 'Website'] as const;
export const processingStates = ['Idle', 'Working', 'Completed', 'Error'] as const;

/** Scores (0 to 100) from which a lead is technically hot or warm; below both it is cold. */
const hotFrom = 70;
const warmFrom = 40;

/** The score (0 to 100) from which an existing customer counts as well set up. */
const renewalFrom = 60;

/** Priorities up to these are commercially high or medium; 1 is the most urgent, 6 the least. */
const highUpTo = 2;
const mediumUpTo = 4;

/** Score from which a lead gets an opportunity, with its stage; the first line that fits counts. */
const stageThresholds = [
  { from: 85, stage: 'Propose' },
  { from: 70, stage: 'Develop' },
  { from: 55, stage: 'Qualify' },
] as const;
export const opportunityStages: readonly string[] = stageThresholds.map(({ stage }) => stage);

export function resolveOpportunityStage({ lead: { score } }: SourceRow): FieldValue {
  return stageThresholds.find(({ from }) => score !== null && score >= from)?.stage ?? null;
}

interface NameParts {
  first: string | null;
  last: string;
}

/**
 * The parts of a lead's name as its source keeps them, because no rule knows where "Mary van der
 * Berg" or "Ana María García López" has to be split. When the name was changed afterwards, the part
 * that is still in it tells where the other one begins; without any, the last word is the family
 * name.
 */
export function readNameParts({
  name,
  firstName,
  lastName,
}: Pick<SourceRow['lead'], 'name' | 'firstName' | 'lastName'>): NameParts {
  if (lastName === null) return splitName(name);
  const words = name.split(wordBreaks);
  const isWithin = (part: string) => part.split(wordBreaks).every((word) => words.includes(word));
  const isWhole = firstName === null ? name === lastName : isWithin(firstName);
  if (isWhole && isWithin(lastName)) return { first: firstName, last: lastName };
  if (name.endsWith(` ${lastName}`))
    return { first: name.slice(0, -lastName.length).trim(), last: lastName };
  if (firstName !== null && name.startsWith(`${firstName} `))
    return { first: firstName, last: name.slice(firstName.length).trim() };
  return splitName(name);
}

/** Systems may compose a name as "Berg, Mary". */
const wordBreaks = /[\s,]+/;

/** Takes the last word as the family name; a single word is a family name. */
function splitName(name: string): NameParts {
  const words = name.trim().split(/\s+/);
  return {
    first: words.length < 2 ? null : words.slice(0, -1).join(' '),
    last: words.at(-1) ?? name,
  };
}

/** "Contoso: Ana Lima", or the name alone when it is the company's or there is no company. */
export function formatTopic({ lead: { company, name } }: SourceRow): FieldValue {
  return company === null || company === name ? name : `${company}: ${name}`;
}

const priorityLabels = [
  'Migrate now',
  'Migrate next',
  'Sell more now',
  'Sell more later',
  'Warm up',
  'Leave alone',
];

export function formatPriority(priority: number | null): string | null {
  return priority === null ? null : (priorityLabels[priority - 1] ?? null);
}

export function resolveTechnicalHeat({ lead: { score } }: SourceRow): FieldValue {
  if (score === null) return null;
  if (score >= hotFrom) return 'Hot';
  return score >= warmFrom ? 'Warm' : 'Cold';
}

export function classifyCommercialHeat({ lead: { priority } }: SourceRow): FieldValue {
  if (priority === null) return null;
  if (priority <= highUpTo) return 'High';
  return priority <= mediumUpTo ? 'Medium' : 'Low';
}

/**
 * GREENFIELD: no commercial mail provider yet. WEAK_PARTNER: the customer is at Microsoft 365 but
 * badly set up, so its present partner is doing a poor job.
 */
export function classifyCommercialSegment({
  lead: { segment, mailProvider, score },
}: SourceRow): FieldValue {
  if (segment === null) return null;
  if (segment === 'Cold' || segment === 'Skip') return 'LOW_INTENT';
  if (segment === 'Migration')
    return mailProvider === null || mailProvider === 'self_hosted' ? 'GREENFIELD' : 'COMPETITIVE';
  return (score ?? 0) < renewalFrom ? 'WEAK_PARTNER' : 'RENEWAL';
}

export function resolveOrigin({ lead, referralId }: SourceRow): FieldValue {
  if (referralId !== null || lead.referralType !== null || lead.provider === 'partner-center')
    return 'Partner Center';
  return /web/i.test(lead.source ?? '') ? 'Website' : 'Import';
}

export function resolveProcessing({ lead, company }: SourceRow): FieldValue {
  if (lead.score !== null) return 'Completed';
  if (company === null || company.scanDueAt === null) return 'Idle';
  return company.scanAttempts > 0 ? 'Error' : 'Working';
}

const verdictLabels: Record<Verdict, string> = {
  good: 'Good',
  weak: 'Weak',
  bad: 'Bad',
  missing: 'Missing',
  unknown: 'Unknown',
  not_applicable: 'Not applicable',
};

export function formatVerdict(verdict: Verdict | undefined): string | null {
  return verdict === undefined ? null : verdictLabels[verdict];
}

/** "Mail: Microsoft 365 behind Proofpoint. SPF good, DKIM unknown, DMARC weak (policy none)." */
export function formatInfrastructure({ lead, evidence }: SourceRow): FieldValue {
  if (evidence === null) return null;
  const { mx, spf, dkim, dmarc } = evidence;
  const home = lead.mailProvider === null ? 'not known' : getProviderLabel(lead.mailProvider);
  const gateway = mx.gateway === null ? '' : ` behind ${getProviderLabel(mx.gateway)}`;
  const policy = dmarc.policy === null ? '' : ` (policy ${dmarc.policy})`;
  const word = ({ verdict }: { verdict: Verdict }) => verdictLabels[verdict].toLowerCase();
  return (
    `Mail: ${home}${gateway}. ` +
    `SPF ${word(spf)}, DKIM ${word(dkim)}, DMARC ${word(dmarc)}${policy}.`
  );
}
