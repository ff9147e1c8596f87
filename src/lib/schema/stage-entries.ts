import { date, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { tenantId, tenantPolicy } from '../platform/db/columns.ts';

const columns = () => ({
  tenantId: tenantId(),
  connectionId: uuid('connection_id').notNull(),
  stage: text('stage').notNull(),
  enteredOn: date('entered_on', { mode: 'string' }).notNull(),
  count: integer('count').notNull(),
});

/**
 * Open opportunities by stage of a connected system and the day (UTC) on which they entered it,
 * which shows how long they have been there.
 */
export const stageEntries = pgTable('stage_entries', columns(), (table) => [
  primaryKey({
    name: 'stage_entries_key',
    columns: [table.tenantId, table.enteredOn, table.connectionId, table.stage],
  }),
  tenantPolicy(table.tenantId),
]);

/** The same by month, under its first day. */
export const stageEntryMonths = pgTable('stage_entry_months', columns(), (table) => [
  primaryKey({
    name: 'stage_entry_months_key',
    columns: [table.tenantId, table.enteredOn, table.connectionId, table.stage],
  }),
  tenantPolicy(table.tenantId),
]);
