import type { EntityDefinition } from '../definition.ts';
import { scheduledActivities } from '../../schema/scheduled-activities.ts';

export const scheduledActivityEntity: EntityDefinition<'scheduledActivity'> = {
  name: 'scheduledActivity',
  table: scheduledActivities,
  derive: () => ({}),
};
