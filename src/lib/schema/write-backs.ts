import {
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { connections } from './connections.ts';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/**
 * The audit trail of changes that people make to a record at its source: who, when, what was sent
 * and what was answered.
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
    /** The fields that were to change: as they were here before, and as they were to be. */
    before: jsonb('before').$type<Record<string, string | null>>().notNull(),
    wanted: jsonb('wanted').$type<Record<string, string | null>>().notNull(),
    /** sent: it left, and what became of it is not known (yet). */
    outcome: text('outcome', { enum: ['sent', 'done', 'refused', 'failed'] })
      .notNull()
      .default('sent'),
    finishedAt: instant('finished_at'),
    /** HTTP status of the answer that decided, when there was one. */
    status: integer('status'),
    /** Body that was sent, and the answer with values masked. */
    request: jsonb('request'),
    response: jsonb('response'),
    /** In plain words what happened, when it was not done. */
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
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
