import type { CompanyRecord } from '../../../records/company.ts';
import type { ContactRecord } from '../../../records/contact.ts';
import type { SalesforceSettings } from '../settings.ts';
import type { MapContext } from '../../contract/source.ts';
import {
  parseRow,
  readCount,
  readFirstText,
  readLookup,
  readMoney,
  readPersonName,
  readText,
  readTimes,
} from './values.ts';

/** Maps an account of Salesforce. Only accounts that are persons have an e-mail address. */
export function mapCompany(
  item: unknown,
  { currency }: Pick<MapContext<SalesforceSettings>, 'currency'>,
): CompanyRecord {
  const row = parseRow(item);
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readText(row, 'Name') ?? 'Unnamed company',
    website: readText(row, 'Website'),
    email: readText(row, 'PersonEmail'),
    phone: readText(row, 'Phone'),
    industry: readText(row, 'Industry'),
    employees: readCount(row, 'NumberOfEmployees'),
    revenue: readMoney(row, 'AnnualRevenue', currency),
    city: readText(row, 'BillingCity'),
    country: readText(row, 'BillingCountry'),
  };
}

/** Maps a contact of Salesforce. */
export function mapContact(item: unknown): ContactRecord {
  const row = parseRow(item);
  const email = readText(row, 'Email');
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readPersonName(row) ?? email ?? 'Unnamed contact',
    email,
    phone: readFirstText(row, ['Phone', 'MobilePhone']),
    jobTitle: readText(row, 'Title'),
    companyId: readLookup(row, 'AccountId'),
  };
}
