import { integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

/**
 * The weights of a tenant's scores. The newest version is in force; a tenant without any uses the
 * built-in weights, version 0.
 */
export const scoreModels = pgTable(
  'score_models',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    version: integer('version').notNull(),
    weights: jsonb('weights').notNull(),
    /** Why they were changed, in the person's words. */
    note: text('note'),
    createdAt: createdAt(),
    createdBy: uuid('created_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.version] }),
    tenantPolicy(table.tenantId),
  ],
);
