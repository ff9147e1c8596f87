import type { CompanyRecord } from '../../../records/company.ts';
import type { ContactRecord } from '../../../records/contact.ts';
import {
  readCount,
  readLabel,
  readMoney,
  readPersonName,
  readLookupId,
  parseRow,
  readText,
  readTimes,
} from './values.ts';

/** Maps an account of Dynamics 365. */
export function mapCompany(item: unknown): CompanyRecord {
  const row = parseRow(item, 'accountid');
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readText(row, 'name') ?? 'Unnamed company',
    website: readText(row, 'websiteurl'),
    email: readText(row, 'emailaddress1'),
    phone: readText(row, 'telephone1'),
    industry: readLabel(row, 'industrycode'),
    employees: readCount(row, 'numberofemployees'),
    revenue: readMoney(row, 'revenue'),
    city: readText(row, 'address1_city'),
    country: readText(row, 'address1_country'),
  };
}

/** Maps a contact of Dynamics 365. It has no company when its parent is another contact. */
export function mapContact(item: unknown): ContactRecord {
  const row = parseRow(item, 'contactid');
  const email = readText(row, 'emailaddress1');
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readPersonName(row) ?? email ?? 'Unnamed contact',
    email,
    phone: readText(row, 'telephone1') ?? readText(row, 'mobilephone'),
    jobTitle: readText(row, 'jobtitle'),
    companyId: readLookupId(row, '_parentcustomerid_value', 'account'),
  };
}
