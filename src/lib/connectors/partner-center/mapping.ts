import { z } from 'zod';
import type { ReferralRecord } from '../../records/referral.ts';
import { RecordRejected } from '../contract/source.ts';
import { parseCompanyDomain } from '../../records/company-domain.ts';
import { classifyReferral } from './referral-type.ts';

/** Text, or what stands for text: null for blanks and for everything else. */
const text = z
  .unknown()
  .optional()
  .transform((value) =>
    typeof value === 'string' && value.trim() !== ''
      ? value.trim()
      : typeof value === 'number'
        ? String(value)
        : null,
  );
const person = z.looseObject({ email: text }).catch({ email: null });

/**
 * What is read of a referral. The wire has more, which stays in the raw item, the eTag included.
 */
const referral = z.looseObject({
  id: text,
  engagementId: text,
  name: text,
  createdDateTime: text,
  updatedDateTime: text,
  status: text,
  substatus: text,
  type: text,
  qualification: text,
  direction: text,
  customerProfile: z
    .looseObject({
      name: text,
      size: text,
      team: z.array(person).catch([]),
      ids: z.unknown().optional(),
    })
    .catch({ name: null, size: null, team: [], ids: null }),
  details: z
    .looseObject({ dealValue: z.unknown().optional(), currency: text })
    .catch({ dealValue: null, currency: null }),
  inviteContext: z
    .looseObject({
      invitedBy: z.looseObject({ organizationId: text }).catch({ organizationId: null }),
    })
    .catch({ invitedBy: { organizationId: null } }),
});

/**
 * Unconfirmed: no sample shows a website or the customer's Azure tenant. They are read where either
 * may stand.
 */
const WEBSITE_FIELDS = ['website', 'websiteUrl', 'webSite', 'url'];
const TENANT_FIELDS = ['azureTenantId', 'tenantId', 'microsoftTenantId', 'aadTenantId'];

/** The id of an item; undefined when it has none. */
export function readReferralId(item: unknown): string | undefined {
  return z.looseObject({ id: text }).safeParse(item).data?.id ?? undefined;
}

/** A referral of Partner Center as a record. Throws RecordRejected. */
export function mapReferral(item: unknown): ReferralRecord {
  const parsed = referral.safeParse(item);
  if (!parsed.success) throw new RecordRejected('The referral is not an object.');
  const { customerProfile: customer, details, inviteContext, ...own } = parsed.data;
  if (own.id === null) throw new RecordRejected('The referral came without an id.', 'id');
  const emails = customer.team.flatMap(({ email }) => email ?? []);
  const { domain, reason } = parseCompanyDomain(findFirstText(customer, WEBSITE_FIELDS), emails);
  return {
    externalId: own.id,
    sourceCreatedAt: parseDate(own.createdDateTime, 'createdDateTime'),
    sourceUpdatedAt: parseDate(own.updatedDateTime, 'updatedDateTime'),
    engagementId: own.engagementId,
    referralType: classifyReferral({
      type: own.type,
      qualification: own.qualification,
      invitedBy: inviteContext.invitedBy.organizationId,
    }),
    name: own.name ?? customer.name ?? 'Unnamed referral',
    companyName: customer.name,
    domain,
    domainReason: reason,
    azureTenantId:
      findFirstText(customer.ids, TENANT_FIELDS) ?? findFirstText(customer, TENANT_FIELDS),
    employees: parseEmployees(customer.size),
    status: own.status ?? 'None',
    substatus: own.substatus,
    direction: own.direction,
    dealValue: parseAmount(details.dealValue),
    currency: details.currency,
  };
}

/**
 * The least number of people in a size class such as 51to250employees or Morethan20000employees;
 * null when it is none.
 */
function parseEmployees(size: string | null): number | null {
  const match = /^(?:more ?than ?)?(\d{1,6})(?: ?to ?\d{1,6})? ?employees$/i.exec(size ?? '');
  return match?.[1] === undefined ? null : Number(match[1]);
}

/**
 * The first of several spellings that holds text. `ids` is an object in answers and a list in what
 * is sent.
 */
function findFirstText(holder: unknown, names: readonly string[]): string | null {
  const fields = z.record(z.string(), z.unknown()).safeParse(holder).data ?? {};
  const lower = new Map(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), text.parse(value)]),
  );
  return (
    names.map((name) => lower.get(name.toLowerCase()) ?? null).find((value) => value !== null) ??
    null
  );
}

const DATE = /^(\d{4})-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/i;

/**
 * Times come with up to 7 digits of a second, and without a zone they mean UTC. The year 1 stands
 * for "not set".
 */
function parseDate(value: string | null, field: string): Date | null {
  if (value === null) return null;
  const match = DATE.exec(value);
  if (match?.[1] === '0001') return null;
  const at = new Date(match?.[4] === undefined ? `${value}Z` : value);
  if (match === null || Number.isNaN(at.getTime()))
    throw new RecordRejected(`The date in "${field}" cannot be read.`, field);
  return at;
}

/** An exact amount with two decimals; null when there is none. */
function parseAmount(value: unknown): string | null {
  const given = text.parse(value);
  if (given === null) return null;
  if (!/^-?\d+(\.\d+)?$/.test(given))
    throw new RecordRejected('The deal value is not a number.', 'details.dealValue');
  if (Math.abs(Number(given)) >= 999_999_999_999.995)
    throw new RecordRejected('The deal value is too large to be one.', 'details.dealValue');
  return Number(given).toFixed(2);
}
