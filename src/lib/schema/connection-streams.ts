import { jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { connectionForeignKey } from './connections.ts';

/**
 * Streams of objects that an account has defined itself, as a person has added them to a
 * connection.
 */
export const connectionStreams = pgTable(
  'connection_streams',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    name: text('name').notNull(),
    label: text('label').notNull(),
    /** What its records are to us. */
    entity: text('entity', { enum: ['lead', 'opportunity', 'company', 'contact'] }).notNull(),
    /** The object as described last, as in src/lib/connectors/contract/discovery.ts. */
    object: jsonb('object').notNull(),
    createdAt: createdAt(),
    createdBy: uuid('created_by'),
    /** When a person removed it; the row goes after the last of its records. */
    removedAt: instant('removed_at'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.name] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/** The fields of the items of a stream, as the source described them last. */
export const streamFields = pgTable(
  'stream_fields',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    stream: text('stream').notNull(),
    fields: jsonb('fields').notNull(),
    describedAt: instant('described_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.stream] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);
