import { date, json, primaryKey, text, unique, uuid, type AnyPgColumn } from 'drizzle-orm/pg-core';
import { connectionForeignKey } from './connections.ts';
import { id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** The columns of every entity besides its own fields. */
export const entityColumns = () => ({
  tenantId: tenantId(),
  id: id(),
  connectionId: uuid('connection_id').notNull(),
  provider: text('provider').notNull(),
  stream: text('stream').notNull(),
  externalId: text('external_id').notNull(),
  /** Digest of the record and of the item it came from; a row is written only when it differs. */
  contentHash: text('content_hash').notNull(),
  /** The item as it was received; `json` keeps the text and costs a fifth of `jsonb` to store. */
  rawJson: json('raw_json').notNull(),
  snapshotId: uuid('snapshot_id').notNull(),
  /** When the response that first contained the item was received. */
  firstSeenAt: instant('first_seen_at').notNull(),
  /** When the response that last changed the row was received. */
  changedAt: instant('changed_at').notNull(),
  deletedAt: instant('deleted_at'),
});

/**
 * When the source says that the item was created and changed, and the day of creation in the
 * tenant's time zone.
 */
export const sourceTimes = () => ({
  sourceCreatedAt: instant('source_created_at'),
  sourceUpdatedAt: instant('source_updated_at'),
  createdOn: date('created_on', { mode: 'string' }),
});

interface EntityKeyColumns {
  tenantId: AnyPgColumn;
  id: AnyPgColumn;
  connectionId: AnyPgColumn;
  stream: AnyPgColumn;
  externalId: AnyPgColumn;
}

/** Keys and row-level security of an entity table called `name`. */
export const entityKeys = (name: string, table: EntityKeyColumns) => [
  primaryKey({ columns: [table.tenantId, table.id] }),
  unique(`${name}_source`).on(table.tenantId, table.connectionId, table.externalId, table.stream),
  connectionForeignKey(table),
  tenantPolicy(table.tenantId),
];
