import type { EntityDefinition } from '../definition.ts';
import { stages } from '../../schema/stages.ts';

export const stageEntity: EntityDefinition<'stage'> = {
  name: 'stage',
  table: stages,
  derive: () => ({}),
};
