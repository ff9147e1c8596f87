import { index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { connectionForeignKey } from './connections.ts';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/**
 * The audit log of changes that people make to a record at its source: who, when, the request and
 * its response.
 */
export const writeBacks = pgTable(
  'write_backs',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    /** The stream and id of the record at its source. */
    stream: text('stream').notNull(),
    externalId: text('external_id').notNull(),
    requestedBy: uuid('requested_by'),
    requestedAt: createdAt(),
    /** The fields to change: their values here before the change, and the new values. */
    before: jsonb('before').$type<Record<string, string | null>>().notNull(),
    wanted: jsonb('wanted').$type<Record<string, string | null>>().notNull(),
    /** sent: the request was sent, and its result is not known (yet). */
    outcome: text('outcome', { enum: ['sent', 'done', 'refused', 'failed'] })
      .notNull()
      .default('sent'),
    finishedAt: instant('finished_at'),
    /** HTTP status of the response that decided the outcome; null without one. */
    status: integer('status'),
    /** The request body, and the response with masked values. */
    request: jsonb('request'),
    response: jsonb('response'),
    /** What happened, in plain words, when the change was not made. */
    message: text('message'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    index('write_backs_of_record').on(
      table.tenantId,
      table.connectionId,
      table.stream,
      table.externalId,
      table.id,
    ),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
