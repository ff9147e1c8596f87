import { sql } from 'drizzle-orm';
import { bigint, boolean, index, numeric, pgTable, text } from 'drizzle-orm/pg-core';
import { knownOrLowest } from '../keyset.ts';
import { entityColumns, entityKeys, sourceTimes } from '../columns.ts';

/** The sort orders of the lead table. An expression here and in a query must be the same for its index to serve. */
export const leadSort = {
  created: knownOrLowest(sql`source_created_at`),
  updated: knownOrLowest(sql`source_updated_at`),
  name: sql`sort_name`,
  value: sql`sort_cents`,
};

export const leads = pgTable(
  'leads',
  {
    ...entityColumns(),
    ...sourceTimes(),
    name: text('name').notNull(),
    /** The name in lower case: a function call in a query would keep its index from being used under row-level security. */
    sortName: text('sort_name').notNull(),
    company: text('company'),
    email: text('email'),
    phone: text('phone'),
    city: text('city'),
    state: text('state'),
    source: text('source'),
    status: text('status').notNull(),
    qualified: boolean('qualified').notNull(),
    dealValue: numeric('deal_value', { precision: 14, scale: 2 }),
    /** The deal value in cents, the lowest number when it is not known. */
    sortCents: bigint('sort_cents', { mode: 'number' }).notNull(),
    assignedTo: text('assigned_to'),
    summary: text('summary'),
  },
  (table) => [
    ...entityKeys('leads', table),
    // One index per sort order of the lead table; deleted rows never show. What is not known sorts lowest.
    index('leads_by_created').on(table.tenantId, leadSort.created, table.id).where(sql`deleted_at is null`),
    index('leads_by_updated').on(table.tenantId, leadSort.updated, table.id).where(sql`deleted_at is null`),
    index('leads_by_name').on(table.tenantId, leadSort.name, table.id).where(sql`deleted_at is null`),
    index('leads_by_value').on(table.tenantId, leadSort.value, table.id).where(sql`deleted_at is null`),
    index('leads_by_source').on(table.tenantId, table.source, leadSort.created, table.id).where(sql`deleted_at is null`),
    index('leads_by_status').on(table.tenantId, table.status, leadSort.created, table.id).where(sql`deleted_at is null`),
    index('leads_by_qualified').on(table.tenantId, table.qualified, leadSort.created, table.id).where(sql`deleted_at is null`),
    // Which leads changed since a point: what partitioned streams follow.
    index('leads_by_change').on(table.tenantId, table.changedAt, table.id),
  ],
);
