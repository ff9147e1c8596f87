import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

/** A filter of a list that people return to: the query of the page's address, under a name. */
export const savedViews = pgTable(
  'saved_views',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    id: id(),
    /** The page, as in its address: leads. */
    page: text('page').notNull(),
    name: text('name').notNull(),
    /** The page's query without a cursor, such as segment=Migration&sort=score. */
    query: text('query').notNull(),
    /** Whose view it is; null when everybody in the workspace shares it. */
    ownerId: uuid('owner_id'),
    createdBy: uuid('created_by').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('saved_views_of_page').on(table.tenantId, table.page, table.name),
    tenantPolicy(table.tenantId),
  ],
);
