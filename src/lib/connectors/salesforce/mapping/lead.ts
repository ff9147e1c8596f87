import type { LeadRecord } from '../../../records/lead.ts';
import { readOurId } from '../../kit/destination.ts';
import { OUR_KEY } from '../our-key.ts';
import {
  parseRow,
  readFirstText,
  readFlag,
  readPersonName,
  readRichText,
  readText,
  readTimes,
} from './values.ts';

/**
 * Maps a lead of Salesforce. Its status and source are the customer's own words. It counts as
 * qualified once it was converted into a contact, an account and perhaps an opportunity, whose ids
 * it keeps (`ConvertedContactId` and its siblings). Salesforce knows no value of a lead: its annual
 * revenue is that of the company.
 */
export function mapLead(item: unknown): LeadRecord {
  const row = parseRow(item);
  const company = readText(row, 'Company');
  const email = readText(row, 'Email');
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readPersonName(row) ?? company ?? email ?? 'Unnamed lead',
    firstName: readText(row, 'FirstName'),
    lastName: readText(row, 'LastName'),
    company,
    email,
    website: readText(row, 'Website'),
    phone: readFirstText(row, ['Phone', 'MobilePhone']),
    city: readText(row, 'City'),
    state: readText(row, 'State'),
    source: readText(row, 'LeadSource'),
    status: readText(row, 'Status') ?? 'New Lead',
    qualified: readFlag(row, 'IsConverted') ?? false,
    dealValue: null,
    assignedTo: readText(row, 'Owner.Name'),
    summary: readRichText(row, 'Description'),
    mirrorOf: readOurId(row, OUR_KEY),
  };
}
