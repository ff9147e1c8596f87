import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { tenantId, tenantPolicy } from '../platform/db/columns.ts';

const columns = () => ({
  tenantId: tenantId(),
  dimension: text('dimension').notNull(),
  day: date('day', { mode: 'string' }).notNull(),
  key: text('key').notNull(),
  count: integer('count').notNull(),
});

/**
 * Leads by day of creation and dimension. Additive: sums over days, dimensions and connections are
 * exact.
 */
export const leadMetrics = pgTable('lead_metrics', columns(), (table) => [
  primaryKey({ columns: [table.tenantId, table.dimension, table.day, table.key] }),
  tenantPolicy(table.tenantId),
]);

/** The same by month, under its first day. */
export const leadMetricMonths = pgTable('lead_metric_months', columns(), (table) => [
  primaryKey({ columns: [table.tenantId, table.dimension, table.day, table.key] }),
  tenantPolicy(table.tenantId),
]);
