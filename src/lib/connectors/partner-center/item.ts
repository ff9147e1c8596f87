import { z } from 'zod';
import { tidyLine } from '../../records/text.ts';
import { RecordRejected } from '../contract/source.ts';

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
  name: text,
  status: text,
  substatus: text,
  type: text,
  qualification: text,
  direction: text,
  customerProfile: z
    .looseObject({
      name: text,
      team: z.array(person).catch([]),
      ids: z.unknown().optional(),
    })
    .catch({ name: null, team: [], ids: null }),
  details: z
    .looseObject({ dealValue: z.unknown().optional(), currency: text })
    .catch({ dealValue: null, currency: null }),
  inviteContext: z
    .looseObject({
      invitedBy: z.looseObject({ organizationId: text }).catch({ organizationId: null }),
    })
    .catch({ invitedBy: { organizationId: null } }),
});

/** The fields of a referral. Throws RecordRejected for what is no object or has no id. */
export function readReferral(item: unknown) {
  const parsed = referral.safeParse(item);
  if (!parsed.success) throw new RecordRejected('The referral is not an object.');
  const { id } = parsed.data;
  if (id === null) throw new RecordRejected('The referral arrived without an id.', 'id');
  return { ...parsed.data, id };
}

/** The id of an item; undefined when it has none. */
export function readReferralId(item: unknown): string | undefined {
  return z.looseObject({ id: text }).safeParse(item).data?.id ?? undefined;
}

/**
 * Possible names for the website and for the customer's Azure tenant. Unconfirmed: no sample
 * contains either, so each name is tried.
 */
const WEBSITE_FIELDS = ['website', 'websiteUrl', 'webSite', 'url'];
const TENANT_FIELDS = ['azureTenantId', 'tenantId', 'microsoftTenantId', 'aadTenantId'];

type Customer = z.output<typeof referral>['customerProfile'];

/** What is typed as the customer's website; null when nothing is. */
export const readWebsite = (customer: Customer): string | null =>
  findFirstText(customer, WEBSITE_FIELDS);

/** The id of the customer's Azure tenant. */
export const readAzureTenantId = (customer: Customer): string | null =>
  findFirstText(customer.ids, TENANT_FIELDS) ?? findFirstText(customer, TENANT_FIELDS);

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

/** Status, substatus and direction, as the documentation and all samples write them. */
export const DOCUMENTED = [
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
export function withDocumentedCase(value: string | null): string | null {
  return DOCUMENTED.find((one) => one.toLowerCase() === value?.toLowerCase()) ?? value;
}
