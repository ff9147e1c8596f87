import { toLocalDay } from '../../platform/local-day.ts';
import { parseCompanyDomain } from '../../records/company-domain.ts';
import type { EntityDefinition } from '../definition.ts';
import { companies } from '../../schema/companies.ts';

export const companyEntity: EntityDefinition<'company'> = {
  name: 'company',
  table: companies,
  derive: ({ sourceCreatedAt, website, email }, _before, { timeZone }) => ({
    domain: parseCompanyDomain(website, email === null ? [] : [email]).domain,
    createdOn: sourceCreatedAt === null ? null : toLocalDay(timeZone, sourceCreatedAt),
  }),
};
