import { dayIn } from '../../platform/day.ts';
import { sortCents } from '../../platform/money.ts';
import { domainOf } from '../../records/company-domain.ts';
import type { EntityDefinition } from '../definition.ts';
import { dropOverrides, layOverrides } from './overrides.ts';
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
    sortCents: sortCents(dealValue),
    domain: domainOf(website ?? null, email === null ? [] : [email]).domain,
    mirrorOf: mirrorOf ?? null,
    createdOn: sourceCreatedAt === null ? null : dayIn(timeZone, sourceCreatedAt),
  }),
  overrides: { lay: layOverrides, drop: dropOverrides },
};
