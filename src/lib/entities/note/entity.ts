import type { EntityDefinition } from '../definition.ts';
import { notes } from '../../schema/notes.ts';

export const noteEntity: EntityDefinition<'note'> = {
  name: 'note',
  table: notes,
  derive: () => ({}),
};
