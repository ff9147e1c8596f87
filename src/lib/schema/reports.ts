import { pgTable, primaryKey, text, index, uuid } from 'drizzle-orm/pg-core';
import { id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

/** A published snapshot of a page, as self-contained HTML that prints to PDF. */
export const reports = pgTable(
  'reports',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    id: id(),
    title: text('title').notNull(),
    page: text('page').notNull(),
    period: text('period').notNull(),
    html: text('html').notNull(),
    publishedAt: instant('published_at').notNull().defaultNow(),
    publishedBy: uuid('published_by').notNull(),
    publisherName: text('publisher_name').notNull(),
    /** How fresh the data was when the report was published. */
    dataAsOf: instant('data_as_of'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('reports_newest').on(table.tenantId, table.publishedAt),
    tenantPolicy(table.tenantId),
  ],
);
