import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { tenantId, tenantPolicy } from '../../platform/db/columns.ts';

/** Open opportunities by stage and the day (UTC) on which they came into it: how many have been stuck since when. */
export const stageEntries = pgTable(
  'stage_entries',
  {
    tenantId: tenantId(),
    stage: text('stage').notNull(),
    enteredOn: date('entered_on', { mode: 'string' }).notNull(),
    count: integer('count').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.stage, table.enteredOn] }), tenantPolicy(table.tenantId)],
);
