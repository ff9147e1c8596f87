import type { EntityDefinition } from '../definition.ts';
import { scheduledActivities } from './schema.ts';

export const scheduledActivityEntity: EntityDefinition<'scheduledActivity'> = {
  name: 'scheduledActivity',
  table: scheduledActivities,
  derive: () => ({}),
};
