import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { connectionForeignKey } from './connections.ts';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

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
    // The newest of a connection, which its page shows.
    index('webhook_deliveries_newest').on(table.tenantId, table.connectionId, table.receivedAt),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/** What is known of the address of a connection at its provider: one row, from the first job on. */
export const eventSubscriptions = pgTable(
  'event_subscriptions',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    /** The account whose events count where no sign-in named it. */
    accountId: text('account_id'),
    /**
     * registered: the provider confirms our address and all events; unverified: it took them and
     * does not confirm them yet; failed: `reason` says why. Null for an address entered by hand, and
     * for a registration that was taken back.
     */
    state: text('state', { enum: ['registered', 'unverified', 'failed'] }),
    /** In words for people. */
    reason: text('reason'),
    /** When the registration ends unless it is renewed; null when it does not end. */
    endsAt: instant('ends_at'),
    checkedAt: instant('checked_at'),
    /** When a job looks at it next; null for an address entered by hand. */
    checkAt: instant('check_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    connectionForeignKey(table),
    check(
      'event_subscriptions_state',
      sql`${table.state} in ('registered', 'unverified', 'failed')`,
    ),
    tenantPolicy(table.tenantId),
  ],
);
