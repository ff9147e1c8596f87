import { dayIn } from '../../platform/day.ts';
import { sortCents } from '../../platform/money.ts';
import type { EntityDefinition } from '../definition.ts';
import { leads } from './schema.ts';

export const leadEntity: EntityDefinition<'lead'> = {
  name: 'lead',
  table: leads,
  derive: ({ sourceCreatedAt, name, dealValue }, _before, { timeZone }) => ({
    sortName: name.toLowerCase(),
    sortCents: sortCents(dealValue),
    createdOn: sourceCreatedAt === null ? null : dayIn(timeZone, sourceCreatedAt),
  }),
};
