import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, instant } from '../platform/db/columns.ts';

/**
 * Alerts to operators, one row each time a condition begins. The table belongs to the installation:
 * it spans tenants, holds ids and plain text, and is read only by the worker and staff.
 */
export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`new_id()`),
    rule: text('rule').notNull(),
    /**
     * What the alert is about: "installation", or `connection:<id>`, `stream:<connection
     * id>/<stream>`, `tenant:<id>`.
     */
    subject: text('subject').notNull(),
    severity: text('severity', { enum: ['warning', 'critical'] }).notNull(),
    message: text('message').notNull(),
    openedAt: instant('opened_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    /** Consecutive checks that no longer found the condition. */
    absentChecks: integer('absent_checks').notNull().default(0),
    recoveredAt: instant('recovered_at'),
    /** When the alert, and later its recovery, had been delivered on every configured channel. */
    notifiedAt: instant('notified_at'),
    recoveryNotifiedAt: instant('recovery_notified_at'),
  },
  (table) => [
    uniqueIndex('alerts_one_open')
      .on(table.rule, table.subject)
      .where(sql`${table.recoveredAt} is null`),
    index('alerts_newest').on(table.openedAt.desc()),
  ],
);

/**
 * One notice of an alert on one channel. It is written in the same transaction as the alert and
 * retried until it is delivered.
 */
export const alertDeliveries = pgTable(
  'alert_deliveries',
  {
    alertId: uuid('alert_id')
      .notNull()
      .references(() => alerts.id, { onDelete: 'cascade' }),
    notice: text('notice', { enum: ['opened', 'recovered'] }).notNull(),
    channel: text('channel', { enum: ['email', 'webhook'] }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    /**
     * When the next attempt may begin. An attempt moves this time forward before it sends, so that
     * no other process makes the same attempt.
     */
    retryAt: instant('retry_at').notNull().defaultNow(),
    deliveredAt: instant('delivered_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.alertId, table.notice, table.channel] }),
    index('alert_deliveries_pending')
      .on(table.retryAt)
      .where(sql`${table.deliveredAt} is null`),
    check('alert_deliveries_notice', sql`${table.notice} in ('opened', 'recovered')`),
    check('alert_deliveries_channel', sql`${table.channel} in ('email', 'webhook')`),
  ],
);
