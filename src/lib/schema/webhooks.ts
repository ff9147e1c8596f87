import { integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { connectionForeignKey } from './connections.ts';
import { id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** Verified events from webhooks: one row for each event, however often it was delivered. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    /** Identifies the event within the connection. */
    key: text('key').notNull(),
    event: text('event').notNull(),
    /** The source's id of the resource that changed; null when the event names none. */
    resourceId: text('resource_id'),
    /** When the source says it happened. */
    occurredAt: instant('occurred_at'),
    receivedAt: instant('received_at').notNull().defaultNow(),
    /** How often it was delivered. */
    copies: integer('copies').notNull().default(1),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('webhook_deliveries_event').on(table.tenantId, table.connectionId, table.key),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
