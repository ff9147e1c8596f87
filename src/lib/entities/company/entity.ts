import { dayIn } from '../../platform/day.ts';
import { domainOf } from '../../records/company-domain.ts';
import type { EntityDefinition } from '../definition.ts';
import { companies } from '../../schema/companies.ts';

export const companyEntity: EntityDefinition<'company'> = {
  name: 'company',
  table: companies,
  derive: ({ sourceCreatedAt, website, email }, _before, { timeZone }) => ({
    domain: domainOf(website, email === null ? [] : [email]).domain,
    createdOn: sourceCreatedAt === null ? null : dayIn(timeZone, sourceCreatedAt),
  }),
};
