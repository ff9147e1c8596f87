import { boolean, integer, pgTable, real, text } from 'drizzle-orm/pg-core';
import { entityColumns, entityKeys } from './entity-columns.ts';

export const stages = pgTable(
  'stages',
  {
    ...entityColumns(),
    name: text('name').notNull(),
    active: boolean('active').notNull(),
    position: integer('position').notNull(),
    outcome: text('outcome', { enum: ['open', 'won', 'lost'] }).notNull(),
    likelyPct: real('likely_pct').notNull(),
  },
  (table) => [...entityKeys('stages', table)],
);
