import { z } from 'zod';
import { instant, line, optionalLine } from './text.ts';

/** A person at a company, as a CRM keeps them. */
export const contactRecord = z.object({
  externalId: line(200),
  sourceCreatedAt: instant().nullable(),
  sourceUpdatedAt: instant().nullable(),
  name: line(),
  email: optionalLine(),
  phone: optionalLine(),
  jobTitle: optionalLine(),
  /** The company's id in the source. */
  companyId: optionalLine(200),
});
export type ContactRecord = z.output<typeof contactRecord>;
