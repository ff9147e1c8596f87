import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { readOurId } from '../../kit/destination.ts';
import { firstOf, line, lineOr, orElse, prose } from '../../kit/mapping.ts';
import { OUR_KEY } from '../our-key.ts';
import { parseRow, readPersonName, times } from './values.ts';

export function interpretLead(item: unknown): Interpretation<'lead'> {
  const row = parseRow(item);
  return {
    keys: { externalId: row.id, mirrorOf: readOurId(row, OUR_KEY) },
    facts: { fullName: readPersonName(row) },
  };
}

/**
 * The status and source of a lead are the customer's own words. It counts as qualified once it was
 * converted into a contact, an account and perhaps an opportunity, whose ids it keeps
 * (`ConvertedContactId` and its siblings). Salesforce knows no value of a lead: its annual revenue
 * is that of the company.
 */
export const leadMapping = (): MappingSchema => [
  lineOr('name', ['Name', '@fullName', 'Company', 'Email'], 'Unnamed lead'),
  line('firstName', 'FirstName'),
  line('lastName', 'LastName'),
  line('company', 'Company'),
  line('email', 'Email'),
  line('website', 'Website'),
  line('phone', ['Phone', 'MobilePhone']),
  line('city', 'City'),
  line('state', 'State'),
  line('source', 'LeadSource'),
  lineOr('status', 'Status', 'New Lead'),
  orElse(firstOf('qualified', 'IsConverted', [{ fn: 'boolean' }]), false),
  line('assignedTo', 'Owner.Name'),
  prose('summary', 'Description'),
  ...times,
];
