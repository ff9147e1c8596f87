import type { CompanyRecord } from '../../../records/company.ts';
import type { ContactRecord } from '../../../records/contact.ts';
import { toAmount } from '../../../conversion/values/amount.ts';
import { readItem } from '../item.ts';
import { readCount, readLabel, readPersonName, readText, readTimes } from './values.ts';

/** Maps a company. */
export function mapCompany(value: unknown): CompanyRecord {
  const item = readItem(value);
  const { id, properties } = item;
  const domain = readText(properties, 'domain');
  return {
    externalId: id,
    ...readTimes(item),
    name: readText(properties, 'name') ?? domain ?? 'Unnamed company',
    website: readText(properties, 'website') ?? domain,
    email: null,
    phone: readText(properties, 'phone'),
    industry: readLabel(item, 'industry'),
    employees: readCount(item, 'numberofemployees'),
    revenue: toAmount(readText(properties, 'annualrevenue')),
    city: readText(properties, 'city'),
    country: readText(properties, 'country'),
  };
}

/** Maps a contact. Its company is the primary one. */
export function mapContact(value: unknown): ContactRecord {
  const item = readItem(value);
  const { id, properties, about } = item;
  const email = readText(properties, 'email');
  return {
    externalId: id,
    ...readTimes(item),
    name: readPersonName(properties) ?? email ?? 'Unnamed contact',
    email,
    phone: readText(properties, 'phone') ?? readText(properties, 'mobilephone'),
    jobTitle: readText(properties, 'jobtitle'),
    companyId: about.links?.companies?.[0] ?? readText(properties, 'associatedcompanyid'),
  };
}
