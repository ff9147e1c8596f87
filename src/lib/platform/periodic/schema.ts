import { pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '../db/columns.ts';

/**
 * When a process last claimed each periodic task. The table belongs to the installation and has no
 * tenant.
 */
export const periodicTasks = pgTable('periodic_tasks', {
  name: text('name').primaryKey(),
  takenAt: instant('taken_at').notNull(),
});
