import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { tenantId, tenantPolicy } from '../platform/db/columns.ts';

const columns = () => ({
  tenantId: tenantId(),
  /** What is counted: see `countedKinds`. */
  kind: text('kind').notNull(),
  day: date('day', { mode: 'string' }).notNull(),
  count: integer('count').notNull(),
});

/**
 * Live notes and scheduled activities by their day (UTC), so that a list shows its length without
 * counting its rows.
 */
export const datedCounts = pgTable('dated_counts', columns(), (table) => [
  primaryKey({ columns: [table.tenantId, table.kind, table.day] }),
  tenantPolicy(table.tenantId),
]);

/** The same by month, under its first day. */
export const datedCountMonths = pgTable('dated_count_months', columns(), (table) => [
  primaryKey({ columns: [table.tenantId, table.kind, table.day] }),
  tenantPolicy(table.tenantId),
]);
