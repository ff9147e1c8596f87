import { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sharedFields } from './shared.ts';
import { amount, line, optionalLine } from './text.ts';

export const referralTypes = ['co-sell', 'marketplace', 'solution-provider'] as const;

/** A customer whom a partner programme sends to us, or whom we share with it. */
export const referralFields = defineFields({
  ...sharedFields,
  /** The same for all referrals of one deal. */
  engagementId: { kind: 'text', label: 'Engagement', record: optionalLine(200) },
  referralType: {
    kind: 'text',
    label: 'Type',
    required: true,
    values: referralTypes,
    record: z.enum(referralTypes),
  },
  name: { kind: 'text', label: 'Name', required: true, record: line() },
  companyName: { kind: 'text', label: 'Company', record: optionalLine() },
  /** The customer's registrable domain in lower case, such as example.co.uk. */
  domain: { kind: 'text', label: 'Domain', record: optionalLine(253) },
  /** Why there is no domain, in plain words; null when there is one. */
  domainReason: { kind: 'text', label: 'Why no domain', record: optionalLine() },
  azureTenantId: { kind: 'text', label: 'Azure tenant id', record: optionalLine(200) },
  /** How many people the customer employs, at least; null when the source does not say. */
  employees: {
    kind: 'integer',
    label: 'Employees',
    record: z.number().int().min(0).max(10_000_000).nullable(),
  },
  status: { kind: 'text', label: 'Status', required: true, record: line(100) },
  substatus: { kind: 'text', label: 'Substatus', record: optionalLine(100) },
  /** Incoming or Outgoing, as seen from the connected account. */
  direction: { kind: 'text', label: 'Direction', record: optionalLine(100) },
  dealValue: { kind: 'amount', label: 'Deal value', record: amount().nullable() },
  /** ISO 4217 code of the deal value: it is not always the tenant's currency. */
  currency: { kind: 'text', label: 'Currency', record: optionalLine(10) },
});

export const referralRecord = recordSchema(referralFields);
export type ReferralRecord = z.output<typeof referralRecord>;
