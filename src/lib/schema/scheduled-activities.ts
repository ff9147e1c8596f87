import { sql } from 'drizzle-orm';
import { index, pgTable } from 'drizzle-orm/pg-core';
import { scheduledActivityFields } from '../records/scheduled-activity.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys } from './entity-columns.ts';

export const scheduledActivities = pgTable(
  'scheduled_activities',
  {
    ...entityColumns(),
    ...fieldColumns(scheduledActivityFields),
  },
  (table) => [
    ...entityKeys('scheduled_activities', table),
    index('scheduled_activities_by_time')
      .on(table.tenantId, table.scheduledAt, table.id)
      .where(sql`deleted_at is null`),
    index('scheduled_activities_by_contact')
      .on(table.tenantId, table.contactId)
      .where(sql`contact_id is not null`),
  ],
);
