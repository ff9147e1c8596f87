import { sql } from 'drizzle-orm';
import { check, integer, jsonb, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

/** How long a workspace keeps leads and notes. Without a row, or with null, for ever. */
export const recordRetention = pgTable(
  'record_retention',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    /** Leads that nobody has touched for this many months are deleted. */
    leadMonths: integer('lead_months'),
    /** Notes that are this many months old are deleted. */
    noteMonths: integer('note_months'),
    changedAt: instant('changed_at').notNull().defaultNow(),
    changedBy: uuid('changed_by'),
    /** When rows were last looked for, and how many were deleted then, by table. */
    ranAt: instant('ran_at'),
    deleted: jsonb('deleted').$type<Record<string, number>>().notNull().default({}),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId] }),
    check('record_retention_leads', sql`${table.leadMonths} between 1 and 1200`),
    check('record_retention_notes', sql`${table.noteMonths} between 1 and 1200`),
    tenantPolicy(table.tenantId),
  ],
);
