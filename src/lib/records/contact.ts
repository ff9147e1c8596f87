import type { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sharedFields } from './shared.ts';
import { line, optionalCode, optionalLine } from './text.ts';

/** A person at a company, as a CRM keeps them. */
export const contactFields = defineFields({
  ...sharedFields,
  name: { kind: 'text', label: 'Name', required: true, record: line() },
  email: { kind: 'text', label: 'E-mail address', record: optionalLine() },
  phone: { kind: 'text', label: 'Telephone', record: optionalLine() },
  jobTitle: { kind: 'text', label: 'Job title', record: optionalLine() },
  /** The company's id in the source. */
  companyId: { kind: 'text', label: 'Company', record: optionalCode(200), fixed: true },
  /** The registrable domain of the e-mail address, unless that is at a mailbox provider. */
  domain: { kind: 'text', label: 'Domain' },
});

export const contactRecord = recordSchema(contactFields);
export type ContactRecord = z.output<typeof contactRecord>;
