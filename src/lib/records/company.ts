import { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sharedFields } from './shared.ts';
import { amount, line, optionalLine } from './text.ts';

/** A company, as a CRM keeps it. */
export const companyFields = defineFields({
  ...sharedFields,
  name: { kind: 'text', label: 'Name', required: true, record: line() },
  website: { kind: 'text', label: 'Website', record: optionalLine() },
  email: { kind: 'text', label: 'E-mail address', record: optionalLine() },
  phone: { kind: 'text', label: 'Telephone', record: optionalLine() },
  industry: { kind: 'text', label: 'Industry', record: optionalLine() },
  employees: {
    kind: 'integer',
    label: 'Employees',
    record: z.number().int().min(0).max(10_000_000).nullable(),
  },
  /** Yearly, in the tenant's currency. */
  revenue: { kind: 'amount', label: 'Revenue', record: amount().nullable() },
  city: { kind: 'text', label: 'City', record: optionalLine() },
  country: { kind: 'text', label: 'Country', record: optionalLine() },
  /**
   * The registrable domain of the website, else of the e-mail address unless that is at a mailbox
   * provider.
   */
  domain: { kind: 'text', label: 'Domain' },
});

export const companyRecord = recordSchema(companyFields);
export type CompanyRecord = z.output<typeof companyRecord>;
