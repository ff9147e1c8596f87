import { pgTable } from 'drizzle-orm/pg-core';
import { stageFields } from '../records/stage.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys } from './entity-columns.ts';

export const stages = pgTable(
  'stages',
  {
    ...entityColumns(),
    ...fieldColumns(stageFields),
  },
  (table) => [...entityKeys('stages', table)],
);
