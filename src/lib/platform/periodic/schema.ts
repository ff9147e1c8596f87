import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

/**
 * When each task that all processes share was last taken up. An installation's own table: it knows
 * nothing of tenants.
 */
export const periodicTasks = pgTable('periodic_tasks', {
  name: text('name').primaryKey(),
  takenAt: instant('taken_at').notNull(),
});
