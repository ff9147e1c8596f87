import { z } from 'zod';
import { amount, instant, line, optionalLine, prose } from './text.ts';

/** A person or company that may become a customer, as any provider tells it. */
export const leadRecord = z.object({
  externalId: line(200),
  sourceCreatedAt: instant().nullable(),
  sourceUpdatedAt: instant().nullable(),
  /** What people call the lead: person, else company, else e-mail, else "Unnamed lead". */
  name: line(),
  company: optionalLine(),
  email: optionalLine(),
  /** The company's website, where the source keeps one. */
  website: optionalLine().optional(),
  phone: optionalLine(),
  city: optionalLine(),
  state: optionalLine(),
  /** Where the lead came from; null when the source does not say. */
  source: optionalLine(),
  /** The stage name in the source; "New Lead" when it is blank there. */
  status: line(),
  /** True when the stage is at or past the tenant's qualifying likelihood. */
  qualified: z.boolean(),
  /** In the tenant's currency. */
  dealValue: amount().nullable(),
  assignedTo: optionalLine(),
  /** The free text on the lead, as plain text. */
  summary: prose().nullable(),
  /** The id of our lead that the item is a copy of: we pushed it there ourselves. */
  mirrorOf: z.uuid().nullable().optional(),
});
export type LeadRecord = z.output<typeof leadRecord>;
