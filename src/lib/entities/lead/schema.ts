import { sql } from 'drizzle-orm';
import { boolean, index, numeric, pgTable, text } from 'drizzle-orm/pg-core';
import { entityColumns, entityKeys, sourceTimes } from '../columns.ts';

export const leads = pgTable(
  'leads',
  {
    ...entityColumns(),
    ...sourceTimes(),
    name: text('name').notNull(),
    company: text('company'),
    email: text('email'),
    phone: text('phone'),
    city: text('city'),
    state: text('state'),
    source: text('source'),
    status: text('status').notNull(),
    qualified: boolean('qualified').notNull(),
    dealValue: numeric('deal_value', { precision: 14, scale: 2 }),
    assignedTo: text('assigned_to'),
    summary: text('summary'),
  },
  (table) => [
    ...entityKeys('leads', table),
    // One index per sort order of the lead table; deleted rows never show.
    index('leads_by_created').on(table.tenantId, table.sourceCreatedAt, table.id).where(sql`deleted_at is null`),
    index('leads_by_updated').on(table.tenantId, table.sourceUpdatedAt, table.id).where(sql`deleted_at is null`),
    index('leads_by_name').on(table.tenantId, table.name, table.id).where(sql`deleted_at is null`),
    index('leads_by_value').on(table.tenantId, table.dealValue, table.id).where(sql`deleted_at is null`),
    index('leads_by_source').on(table.tenantId, table.source, table.sourceCreatedAt, table.id).where(sql`deleted_at is null`),
    index('leads_by_status').on(table.tenantId, table.status, table.sourceCreatedAt, table.id).where(sql`deleted_at is null`),
    // Which leads changed since a point: what partitioned streams follow.
    index('leads_by_change').on(table.tenantId, table.connectionId, table.changedAt, table.id),
  ],
);
