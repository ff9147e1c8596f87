import { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sharedFields } from './shared.ts';
import { amount, line, optionalCode, optionalLine } from './text.ts';

export const referralTypes = ['co-sell', 'marketplace', 'solution-provider'] as const;

/** A customer whom a partner programme sends to us, or whom we share with it. */
export const referralFields = defineFields({
  engagementId: {
    kind: 'text',
    label: 'Engagement',
    record: optionalCode(200),
    shownIn: 'detail',
    about: 'The same for all referrals of one deal.',
  },
  referralType: {
    kind: 'text',
    label: 'Type',
    required: true,
    values: referralTypes,
    record: z.enum(referralTypes),
    as: 'type',
    shownIn: 'list',
    export: { width: 18 },
  },
  name: {
    kind: 'text',
    label: 'Name',
    required: true,
    record: line(),
    shownIn: 'list',
    export: { width: 32 },
  },
  companyName: {
    kind: 'text',
    label: 'Company',
    record: optionalLine(),
    as: 'company',
    shownIn: 'list',
    export: { width: 24 },
  },
  /** The customer's registrable domain in lower case, such as example.co.uk. */
  domain: {
    kind: 'text',
    label: 'Domain',
    record: optionalCode(253),
    shownIn: 'list',
    export: { width: 28 },
  },
  /** Why there is no domain, in plain words; null when there is one. */
  domainReason: {
    kind: 'text',
    label: 'Reason for no domain',
    record: optionalLine(),
    shownIn: 'list',
    about: 'Reason why the domain is null.',
    export: { width: 40 },
  },
  azureTenantId: {
    kind: 'text',
    label: 'Azure tenant id',
    record: optionalCode(200),
    shownIn: 'detail',
  },
  /** How many people the customer employs, at least; null when the source does not say. */
  employees: {
    kind: 'integer',
    label: 'Employees',
    record: z.number().int().min(0).max(10_000_000).nullable(),
  },
  status: {
    kind: 'text',
    label: 'Status',
    required: true,
    record: line(100),
    shownIn: 'list',
    export: { width: 12 },
  },
  substatus: {
    kind: 'text',
    label: 'Substatus',
    record: optionalLine(100),
    shownIn: 'list',
    export: { width: 14 },
  },
  direction: {
    kind: 'text',
    label: 'Direction',
    record: optionalLine(100),
    shownIn: 'list',
    about: 'Incoming or Outgoing, as seen from the connected account.',
    export: { width: 12 },
  },
  dealValue: {
    kind: 'amount',
    label: 'Deal value',
    record: amount().nullable(),
    ownCurrency: true,
    as: 'value',
    shownIn: 'list',
    export: { width: 14 },
  },
  currency: {
    kind: 'text',
    label: 'Currency',
    record: optionalCode(10),
    shownIn: 'list',
    about: 'Currency of the value; ISO 4217.',
    export: { width: 10 },
  },
  ...sharedFields,
});

export const referralRecord = recordSchema(referralFields);
export type ReferralRecord = z.output<typeof referralRecord>;
