import { z } from 'zod';
import { amount, instant, line, optionalLine } from './text.ts';

/** A company, as a CRM keeps it. */
export const companyRecord = z.object({
  externalId: line(200),
  sourceCreatedAt: instant().nullable(),
  sourceUpdatedAt: instant().nullable(),
  name: line(),
  website: optionalLine(),
  email: optionalLine(),
  phone: optionalLine(),
  industry: optionalLine(),
  employees: z.number().int().min(0).max(10_000_000).nullable(),
  /** Yearly, in the tenant's currency. */
  revenue: amount().nullable(),
  city: optionalLine(),
  country: optionalLine(),
});
export type CompanyRecord = z.output<typeof companyRecord>;
