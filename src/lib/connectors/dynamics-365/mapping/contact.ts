import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { line, lineOr } from '../../kit/mapping.ts';
import { parseRow, readLookupId, readPersonName, times } from './values.ts';

export function interpretContact(item: unknown): Interpretation<'contact'> {
  const row = parseRow(item, 'contactid');
  return {
    // A contact has no company when its parent is another contact.
    keys: {
      externalId: row.id,
      companyId: readLookupId(row, '_parentcustomerid_value', 'account'),
    },
    facts: { fullName: readPersonName(row) },
  };
}

export const contactMapping = (): MappingSchema => [
  lineOr('name', ['fullname', '@fullName', 'emailaddress1'], 'Unnamed contact'),
  line('email', 'emailaddress1'),
  line('phone', ['telephone1', 'mobilephone']),
  line('jobTitle', 'jobtitle'),
  ...times,
];
