import { z } from 'zod';
import { isReferralCursor } from '../entities/referral/queries.ts';
import type { ReferralUpdate } from '../outbound/actions/referral.ts';
import { Problem } from '../platform/errors.ts';
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
  seen: z
    .strictObject({ status: z.string().max(100), substatus: z.string().max(100).nullable() })
    .optional()
    .describe(
      'The state that the decision is based on; without it, the one that this API returns. ' +
        'Nothing is written when Partner Center has another one.',
    ),
});

/** The response of POST /api/referrals/{id}. */
export const referralChangedResponse = z.object({
  status: z.string(),
  substatus: z.string(),
  outcome: z
    .enum(['done', 'waiting'])
    .describe('waiting: Partner Center cannot take it right now, and it is sent by itself.'),
  nextAttemptAt: instant.nullable().describe('When a waiting change is sent next, if known.'),
});

/**
 * The response to a change. Throws Problem `conflict` with both versions when the source has
 * something else than what the decision was based on.
 */
export function toReferralChange(update: ReferralUpdate): z.output<typeof referralChangedResponse> {
  if (update.outcome !== 'conflict') {
    const { outcome, state } = update;
    return {
      ...state,
      outcome,
      nextAttemptAt: update.outcome === 'waiting' ? update.nextAttemptAt : null,
    };
  }
  const { differences } = update.conflict;
  const words = differences.map(
    ({ label, seen, found }) => `${label}: ${seen ?? 'empty'} here, ${found ?? 'empty'} there`,
  );
  const what = words.length === 0 ? 'It has another version there.' : `${words.join('; ')}.`;
  throw new Problem(
    'conflict',
    `The referral was changed in Partner Center in the meantime. ${what} Nothing was written: ` +
      'decide on its page, or send the change again with the state from there as "seen".',
    { differences },
  );
}

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
