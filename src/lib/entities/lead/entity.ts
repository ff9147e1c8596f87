import { dayIn } from '../../platform/day.ts';
import type { EntityDefinition } from '../definition.ts';
import { leads } from './schema.ts';

export const leadEntity: EntityDefinition<'lead'> = {
  name: 'lead',
  table: leads,
  derive: ({ sourceCreatedAt, name }, _before, { timeZone }) => ({
    sortName: name.toLowerCase(),
    createdOn: sourceCreatedAt === null ? null : dayIn(timeZone, sourceCreatedAt),
  }),
};
