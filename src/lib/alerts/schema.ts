import { sql } from 'drizzle-orm';
import { index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { instant } from '../platform/db/columns.ts';

/**
 * What operators were told, once each. An installation's own table: it spans tenants, holds ids and plain words, and
 * only the worker and staff read it.
 */
export const alerts = pgTable(
  'alerts',
  {
    id: uuid('id').primaryKey().default(sql`new_id()`),
    rule: text('rule').notNull(),
    /** What the alert is about: "installation", or `connection:<id>`, `stream:<connection id>/<stream>`, `tenant:<id>`. */
    subject: text('subject').notNull(),
    severity: text('severity', { enum: ['warning', 'critical'] }).notNull(),
    message: text('message').notNull(),
    openedAt: instant('opened_at').notNull().defaultNow(),
    lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
    recoveredAt: instant('recovered_at'),
    /** When the notice, and the notice of recovery, were delivered. */
    notifiedAt: instant('notified_at'),
    recoveryNotifiedAt: instant('recovery_notified_at'),
    attempts: integer('attempts').notNull().default(0),
  },
  (table) => [
    uniqueIndex('alerts_one_open').on(table.rule, table.subject).where(sql`${table.recoveredAt} is null`),
    index('alerts_newest').on(table.openedAt.desc()),
  ],
);
