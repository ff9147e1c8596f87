import { z } from 'zod';
import { isReferralCursor } from '../entities/referral/queries.ts';
import { referralFields, referralTypes } from '../records/referral.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { readReferralSlice } from '../views/referrals.ts';
import type { Workspace } from '../views/workspace.ts';
import { shownSchema } from './field-schema.ts';
import { day, storableText } from './fields.ts';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

const text = storableText('referral');

export const referralsQuery = z
  .object({
    tenant: tenantParameter,
    status: text.optional().describe('Such as New, Active or Closed.'),
    domain: text
      .optional()
      .describe(
        'Domain, website or e-mail address of the customer, or the beginning of the domain.',
      ),
    type: z.enum(referralTypes).optional(),
    from: day.optional().describe('First creation date, in the time zone of the workspace.'),
    to: day.optional().describe('Last creation date.'),
    cursor: z
      .string()
      .max(2_000)
      .refine((cursor) => isReferralCursor({}, cursor), 'This is not a cursor of this list.')
      .optional()
      .describe('`next` of the previous response; use the same filter.'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ['to'],
    message: 'The last day is before the first.',
  });

export const referralQuery = z.object({ tenant: tenantParameter });

const referral = z.object({
  id: z.uuid(),
  externalId: z.string().describe('Id at the source.'),
  ...shownSchema(referralFields, 'list').shape,
});

/** The response of GET /api/referrals, most recently changed first. */
export const referralsResponse = z.object({
  referrals: z.array(referral),
  total: z.int().min(0).describe('Number of matching referrals.'),
  next: z.string().nullable().describe('Cursor of the next page; null on the last one.'),
});

/** The response of GET /api/referrals/{id}. */
export const referralResponse = referral.extend({
  ...shownSchema(referralFields, 'detail').shape,
  source: z.string(),
  firstSeenAt: instant,
});

/** The body of POST /api/referrals/{id}. */
export const referralChangeBody = z.strictObject({
  status: z.enum(['New', 'Active', 'Closed']),
  substatus: z
    .enum(['Pending', 'Received', 'Accepted', 'Won', 'Lost', 'Declined'])
    .describe('Accepted requires Active; Won, Lost and Declined require Closed.'),
});

/** The response of POST /api/referrals/{id}. */
export const referralChangedResponse = z.object({ status: z.string(), substatus: z.string() });

/** Reads the referrals that a query selects, as of one moment. */
export async function getReferralList(
  { tenant }: Workspace,
  query: z.output<typeof referralsQuery>,
): Promise<z.output<typeof referralsResponse>> {
  const { tenant: _tenant, cursor, limit, ...filter } = query;
  const { rows, total, next } = await readTenant(
    tenant.id,
    (tx) => readReferralSlice(tx, tenant.id, filter, cursor, limit),
    { mayLag: true },
  );
  return { referrals: rows, total, next };
}
