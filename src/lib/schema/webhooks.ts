import { foreignKey, integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { connections } from './connections.ts';
import { id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** What providers told us by webhook: verified, each event once however often it was delivered. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    /** What tells the event from all others of the connection. */
    key: text('key').notNull(),
    event: text('event').notNull(),
    /** The source's id of what it is about; null when it is about nothing in particular. */
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
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
