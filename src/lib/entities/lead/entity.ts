import { toLocalDay } from '../../platform/local-day.ts';
import { toSortCents } from '../../platform/money.ts';
import { parseCompanyDomain } from '../../records/company-domain.ts';
import { toEmailKey } from '../../records/link.ts';
import type { EntityDefinition } from '../definition.ts';
import { dropOverrides, applyLeadOverrides } from './overrides.ts';
import { leads } from '../../schema/leads.ts';

export const leadEntity: EntityDefinition<'lead'> = {
  name: 'lead',
  table: leads,
  derive: (
    { sourceCreatedAt, name, dealValue, email, website, mirrorOf },
    _before,
    { timeZone },
  ) => ({
    sortName: name.toLowerCase(),
    sortCents: toSortCents(dealValue),
    domain: parseCompanyDomain(website ?? null, email === null ? [] : [email]).domain,
    mirrorOf: mirrorOf ?? null,
    emailKey: toEmailKey(email),
    createdOn: sourceCreatedAt === null ? null : toLocalDay(timeZone, sourceCreatedAt),
  }),
  overrides: { apply: applyLeadOverrides, drop: dropOverrides },
};
