import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { line, lineOr } from '../../kit/mapping.ts';
import { parseRow, readPersonName, readText, TABLE_ANNOTATION, times, type Row } from './values.ts';

export function interpretContact(item: unknown): Interpretation<'contact'> {
  const row = parseRow(item, 'contactid');
  return {
    keys: { externalId: row.id, companyId: readCompanyId(row) },
    facts: { fullName: readPersonName(row) },
  };
}

/** A contact has no company when its parent is another contact. */
const readCompanyId = (row: Row): string | null =>
  row[`${PARENT}${TABLE_ANNOTATION}`] === 'account' ? readText(row, PARENT) : null;

const PARENT = '_parentcustomerid_value';

export const contactMapping = (): MappingSchema => [
  lineOr('name', ['fullname', '@fullName', 'emailaddress1'], 'Unnamed contact'),
  line('email', 'emailaddress1'),
  line('phone', ['telephone1', 'mobilephone']),
  line('jobTitle', 'jobtitle'),
  ...times,
];
