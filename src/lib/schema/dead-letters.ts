import { sql } from 'drizzle-orm';
import {
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
import { connectionForeignKey } from './connections.ts';

/**
 * A failed job, kept until a person retries or discards it. While it is open, the same job is not
 * queued again.
 */
export const deadLetters = pgTable(
  'dead_letters',
  {
    tenantId: tenantId(),
    id: id(),
    /** Name of the job (src/lib/jobs/jobs.ts). */
    job: text('job').notNull(),
    /** What the job works on; at most one row is open for each job and subject. */
    subject: text('subject').notNull(),
    connectionId: uuid('connection_id'),
    /** The job's own payload: ids and choices, never a secret. */
    payload: jsonb('payload').notNull(),
    /** Class of the reason; failed jobs of one class can be retried together. */
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
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
