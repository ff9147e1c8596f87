import { sql } from 'drizzle-orm';
import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { connections } from './connections.ts';

/**
 * A whole job that was given up, kept until a person retries or discards it. While one is open, its
 * job is not queued again.
 */
export const deadLetters = pgTable(
  'dead_letters',
  {
    tenantId: tenantId(),
    id: id(),
    /** Name of the job (src/lib/jobs/jobs.ts). */
    job: text('job').notNull(),
    /** What the job works on: only one open dead letter stands for it. */
    subject: text('subject').notNull(),
    connectionId: uuid('connection_id'),
    /** The job's own payload: ids and choices, never a secret. */
    payload: jsonb('payload').notNull(),
    /** The class of the reason, by which alike jobs are retried together. */
    kind: text('kind').notNull(),
    reason: text('reason').notNull(),
    attempts: integer('attempts').notNull().default(1),
    createdAt: createdAt(),
    lastFailedAt: instant('last_failed_at').notNull().defaultNow(),
    resolvedAt: instant('resolved_at'),
    resolution: text('resolution', { enum: ['retried', 'discarded'] }),
    resolvedBy: uuid('resolved_by'),
    /** Why it was discarded, in the person's words. */
    note: text('note'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    uniqueIndex('dead_letters_one_open')
      .on(table.tenantId, table.job, table.subject)
      .where(sql`${table.resolvedAt} is null`),
    index('dead_letters_by_connection').on(table.tenantId, table.connectionId),
    index('dead_letters_newest').on(table.tenantId, table.lastFailedAt.desc()),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
