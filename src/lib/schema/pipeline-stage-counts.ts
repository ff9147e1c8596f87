import {
  bigint,
  date,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { outcomes } from '../records/opportunity.ts';
import { tenantId, tenantPolicy } from '../platform/db/columns.ts';

const columns = () => ({
  tenantId: tenantId(),
  day: date('day', { mode: 'string' }).notNull(),
  connectionId: uuid('connection_id').notNull(),
  stage: text('stage').notNull(),
  outcome: text('outcome', { enum: outcomes }).notNull(),
  count: integer('count').notNull(),
  /** Opportunities that have a value: the divisor of an average. */
  valued: integer('valued').notNull(),
  value: numeric('value', { precision: 20, scale: 2 }).notNull(),
  /**
   * Sum of the times at which they entered the stage, in seconds since 1970: mean time in the stage
   * = now - sum / count.
   */
  enteredSeconds: bigint('entered_seconds', { mode: 'number' }).notNull(),
  /** Those on the hot list, and the sum of their weighted initial franchise fees. */
  hot: integer('hot').notNull(),
  weighted: numeric('weighted', { precision: 24, scale: 2 }).notNull(),
});

/**
 * Opportunities by day of creation, and by stage and outcome in each connected system: two systems
 * may use one name for different stages. Additive, so a trend is a sum over days.
 */
export const pipelineStageCounts = pgTable('pipeline_stage_counts', columns(), (table) => [
  primaryKey({
    name: 'pipeline_stage_counts_key',
    columns: [table.tenantId, table.day, table.connectionId, table.stage, table.outcome],
  }),
  tenantPolicy(table.tenantId),
]);

/** The same by month, under its first day. */
export const pipelineStageMonths = pgTable('pipeline_stage_months', columns(), (table) => [
  primaryKey({
    name: 'pipeline_stage_months_key',
    columns: [table.tenantId, table.day, table.connectionId, table.stage, table.outcome],
  }),
  tenantPolicy(table.tenantId),
]);
