import { toLocalDay } from '../../platform/local-day.ts';
import { parseCompanyDomain } from '../../records/company-domain.ts';
import { toEmailKey } from '../../records/link.ts';
import type { EntityDefinition } from '../definition.ts';
import { contacts } from '../../schema/contacts.ts';

export const contactEntity: EntityDefinition<'contact'> = {
  name: 'contact',
  table: contacts,
  derive: ({ sourceCreatedAt, email }, _before, { timeZone }) => ({
    domain: parseCompanyDomain(null, email === null ? [] : [email]).domain,
    emailKey: toEmailKey(email),
    createdOn: sourceCreatedAt === null ? null : toLocalDay(timeZone, sourceCreatedAt),
  }),
};
