import { dayIn } from '../../platform/day.ts';
import type { EntityDefinition } from '../definition.ts';
import { leads } from './schema.ts';

export const leadEntity: EntityDefinition<'lead'> = {
  name: 'lead',
  table: leads,
  derive: ({ sourceCreatedAt }, _before, { timeZone }) => ({
    createdOn: sourceCreatedAt === null ? null : dayIn(timeZone, sourceCreatedAt),
  }),
};
