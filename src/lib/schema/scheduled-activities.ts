import { sql } from 'drizzle-orm';
import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '../platform/db/columns.ts';
import { entityColumns, entityKeys } from './entity-columns.ts';

export const scheduledActivities = pgTable(
  'scheduled_activities',
  {
    ...entityColumns(),
    activityType: text('activity_type').notNull(),
    scheduledAt: instant('scheduled_at').notNull(),
    contactName: text('contact_name'),
    description: text('description'),
    status: text('status'),
  },
  (table) => [
    ...entityKeys('scheduled_activities', table),
    index('scheduled_activities_by_time')
      .on(table.tenantId, table.scheduledAt, table.id)
      .where(sql`deleted_at is null`),
  ],
);
