import { z } from 'zod';
import { amount, instant, line, optionalLine } from './text.ts';

export const referralTypes = ['co-sell', 'marketplace', 'solution-provider'] as const;

/** A customer whom a partner programme sends to us, or whom we share with it. */
export const referralRecord = z.object({
  externalId: line(200),
  sourceCreatedAt: instant().nullable(),
  sourceUpdatedAt: instant().nullable(),
  /** The same for all referrals of one deal. */
  engagementId: optionalLine(200),
  referralType: z.enum(referralTypes),
  name: line(),
  companyName: optionalLine(),
  /** The customer's registrable domain in lower case, such as example.co.uk. */
  domain: optionalLine(253),
  /** Why there is no domain, in plain words; null when there is one. */
  domainReason: optionalLine(),
  azureTenantId: optionalLine(200),
  /** How many people the customer employs, at least; null when the source does not say. */
  employees: z.number().int().min(0).max(10_000_000).nullable(),
  status: line(100),
  substatus: optionalLine(100),
  /** Incoming or Outgoing, as seen from the connected account. */
  direction: optionalLine(100),
  dealValue: amount().nullable(),
  /** ISO 4217 code of the deal value: it is not always the tenant's currency. */
  currency: optionalLine(10),
});
export type ReferralRecord = z.output<typeof referralRecord>;
