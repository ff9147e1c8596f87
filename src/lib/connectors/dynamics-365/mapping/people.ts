import type { CompanyRecord } from '../../../records/company.ts';
import type { ContactRecord } from '../../../records/contact.ts';
import { countOf, labelOf, moneyOf, personOf, pointsTo, rowOf, textOf, timesOf } from './values.ts';

/** An account of Dynamics 365. */
export function mapCompany(item: unknown): CompanyRecord {
  const row = rowOf(item, 'accountid');
  return {
    externalId: row.id,
    ...timesOf(row),
    name: textOf(row, 'name') ?? 'Unnamed company',
    website: textOf(row, 'websiteurl'),
    email: textOf(row, 'emailaddress1'),
    phone: textOf(row, 'telephone1'),
    industry: labelOf(row, 'industrycode'),
    employees: countOf(row, 'numberofemployees'),
    revenue: moneyOf(row, 'revenue'),
    city: textOf(row, 'address1_city'),
    country: textOf(row, 'address1_country'),
  };
}

/** A contact of Dynamics 365. What it belongs to may be another contact: then it has no company. */
export function mapContact(item: unknown): ContactRecord {
  const row = rowOf(item, 'contactid');
  const email = textOf(row, 'emailaddress1');
  return {
    externalId: row.id,
    ...timesOf(row),
    name: personOf(row) ?? email ?? 'Unnamed contact',
    email,
    phone: textOf(row, 'telephone1') ?? textOf(row, 'mobilephone'),
    jobTitle: textOf(row, 'jobtitle'),
    companyId: pointsTo(row, '_parentcustomerid_value', 'account'),
  };
}
