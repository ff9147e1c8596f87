import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { line, lineOr } from '../../kit/mapping.ts';
import { parseRow, readLookup, readPersonName, times } from './values.ts';

export function interpretContact(item: unknown): Interpretation<'contact'> {
  const row = parseRow(item);
  return {
    keys: { externalId: row.id, companyId: readLookup(row, 'AccountId') },
    facts: { fullName: readPersonName(row) },
  };
}

export const contactMapping = (): MappingSchema => [
  lineOr('name', ['Name', '@fullName', 'Email'], 'Unnamed contact'),
  line('email', 'Email'),
  line('phone', ['Phone', 'MobilePhone']),
  line('jobTitle', 'Title'),
  ...times,
];
