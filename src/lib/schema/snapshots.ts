import { foreignKey, index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { connectionForeignKey } from './connections.ts';

/** Response bodies by their hash, so that identical bodies are stored once. */
export const rawBodies = pgTable(
  'raw_bodies',
  {
    tenantId: tenantId(),
    sha256: bytea('sha256').notNull(),
    /** Deflated (zlib) text of the body. */
    compressed: bytea('compressed').notNull(),
    /** Bytes before compression. */
    size: integer('size').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.sha256] }),
    tenantPolicy(table.tenantId),
  ],
);

/** One response exactly as received. Append-only. */
export const rawSnapshots = pgTable(
  'raw_snapshots',
  {
    tenantId: tenantId(),
    id: id(),
    connectionId: uuid('connection_id').notNull(),
    runId: uuid('run_id').notNull(),
    stream: text('stream').notNull(),
    /** The pass over the stream that the page belongs to; a pass may span several runs. */
    passId: uuid('pass_id').notNull(),
    pageNo: integer('page_no').notNull(),
    partition: text('partition'),
    receivedAt: instant('received_at').notNull(),
    status: integer('status').notNull(),
    contentType: text('content_type').notNull(),
    sha256: bytea('sha256').notNull(),
    /** Ids of the items on the page, in order; over a complete pass, all that the source has. */
    externalIds: text('external_ids').array().notNull(),
    /** Ids that the page itself reports as deleted, as delta queries do. */
    deletedIds: text('deleted_ids').array().notNull().default([]),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    connectionForeignKey(table),
    foreignKey({
      columns: [table.tenantId, table.sha256],
      foreignColumns: [rawBodies.tenantId, rawBodies.sha256],
    }),
    index('raw_snapshots_pass').on(table.tenantId, table.connectionId, table.stream, table.passId),
    index('raw_snapshots_body').on(table.tenantId, table.sha256),
    tenantPolicy(table.tenantId),
  ],
);
