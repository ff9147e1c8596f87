import { z } from 'zod';
import type { ReferralRecord } from '../../records/referral.ts';
import { tidyLine } from '../../records/text.ts';
import { RecordRejected } from '../contract/source.ts';
import { parseCompanyDomain } from '../../records/company-domain.ts';
import { parseAmount } from '../../conversion/values/amount.ts';
import { parseDateTime } from '../../conversion/values/date-time.ts';
import { classifyReferral } from './referral-type.ts';

/** One line of text, or a number as text; null for what shows nothing and everything else. */
const text = z
  .unknown()
  .optional()
  .transform((value) => {
    if (typeof value === 'number') return String(value);
    return (typeof value === 'string' && tidyLine(value)) || null;
  });
const person = z.looseObject({ email: text }).catch({ email: null });

/** The fields that are read of a referral. The others, such as the eTag, stay in the raw item. */
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
 * Possible names for the website and for the customer's Azure tenant. Unconfirmed: no sample
 * contains either, so each name is tried.
 */
const WEBSITE_FIELDS = ['website', 'websiteUrl', 'webSite', 'url'];
const TENANT_FIELDS = ['azureTenantId', 'tenantId', 'microsoftTenantId', 'aadTenantId'];

/** The id of an item; undefined when it has none. */
export function readReferralId(item: unknown): string | undefined {
  return z.looseObject({ id: text }).safeParse(item).data?.id ?? undefined;
}

/** Maps a referral of Partner Center. Throws RecordRejected. */
export function mapReferral(item: unknown): ReferralRecord {
  const parsed = referral.safeParse(item);
  if (!parsed.success) throw new RecordRejected('The referral is not an object.');
  const { customerProfile: customer, details, inviteContext, ...own } = parsed.data;
  const invitedBy = inviteContext.invitedBy.organizationId;
  if (own.id === null) throw new RecordRejected('The referral arrived without an id.', 'id');
  return {
    externalId: own.id,
    sourceCreatedAt: parseDateTime(own.createdDateTime, 'UTC'),
    sourceUpdatedAt: parseDateTime(own.updatedDateTime, 'UTC'),
    engagementId: own.engagementId,
    referralType: classifyReferral({ ...own, invitedBy }),
    name: own.name ?? customer.name ?? 'Unnamed referral',
    ...mapCustomer(customer),
    status: withDocumentedCase(own.status) ?? 'None',
    substatus: withDocumentedCase(own.substatus),
    direction: withDocumentedCase(own.direction),
    dealValue: parseAmount(details.dealValue, toCurrency(details.currency)),
    currency: details.currency,
  };
}

/** Status, substatus and direction, as the documentation and all samples write them. */
const DOCUMENTED = [
  'None',
  'New',
  'Active',
  'Closed',
  'Incoming',
  'Outgoing',
  'Pending',
  'Received',
  'Accepted',
  'Won',
  'Lost',
  'Declined',
  'Expired',
];

/** A value as it is documented when only its case differs, because states are compared. */
function withDocumentedCase(value: string | null): string | null {
  return DOCUMENTED.find((one) => one.toLowerCase() === value?.toLowerCase()) ?? value;
}

/** ISO 4217 for no currency: an amount without one may only be digits. */
const NO_CURRENCY = 'XXX';

function toCurrency(code: string | null): string {
  return code !== null && /^[a-z]{3}$/i.test(code) ? code.toUpperCase() : NO_CURRENCY;
}

type Customer = z.output<typeof referral>['customerProfile'];

function mapCustomer(customer: Customer) {
  const emails = customer.team.flatMap(({ email }) => email ?? []);
  const { domain, reason } = parseCompanyDomain(findFirstText(customer, WEBSITE_FIELDS), emails);
  return {
    companyName: customer.name,
    domain,
    domainReason: reason,
    azureTenantId:
      findFirstText(customer.ids, TENANT_FIELDS) ?? findFirstText(customer, TENANT_FIELDS),
    employees: parseEmployees(customer.size),
  };
}

/**
 * The smallest number of people in a size class such as 51to250employees or Morethan20000employees;
 * null when it is not a size class.
 */
function parseEmployees(size: string | null): number | null {
  const match = /^(?:more ?than ?)?(\d{1,6})(?: ?to ?\d{1,6})? ?employees$/i.exec(size ?? '');
  return match?.[1] === undefined ? null : Number(match[1]);
}

/**
 * The first text under one of several names; case is ignored. `holder` may be a list of objects:
 * `ids` is an object in samples of responses, and a list in those of requests and in the tables.
 */
function findFirstText(holder: unknown, names: readonly string[]): string | null {
  if (Array.isArray(holder))
    return holder
      .map((one: unknown) => (Array.isArray(one) ? null : findFirstText(one, names)))
      .reduce((first, value) => first ?? value, null);
  const fields = z.record(z.string(), z.unknown()).safeParse(holder).data ?? {};
  const lower = new Map(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), text.parse(value)]),
  );
  return (
    names.map((name) => lower.get(name.toLowerCase()) ?? null).find((value) => value !== null) ??
    null
  );
}
