import { sql } from 'drizzle-orm';
import { foreignKey, index, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { linkedEntities, linkOrigins, linkRelations, matchedBy } from '../records/link.ts';
import { connections } from './connections.ts';

/**
 * What is known about which records of connected systems are the same thing, or belong to another.
 * Both ends are keys at their source, so a link holds whichever record arrives first, and also for
 * one that is never read. Each origin has a row of its own and changes only that: two records are
 * linked while there is a row for them and none that was rejected.
 */
export const externalLinks = pgTable(
  'external_links',
  {
    tenantId: tenantId(),
    id: id(),
    fromConnectionId: uuid('from_connection_id').notNull(),
    fromEntity: text('from_entity', { enum: linkedEntities }).notNull(),
    fromExternalId: text('from_external_id').notNull(),
    toConnectionId: uuid('to_connection_id').notNull(),
    toEntity: text('to_entity', { enum: linkedEntities }).notNull(),
    toExternalId: text('to_external_id').notNull(),
    /** What `to` is to `from`. */
    relation: text('relation', { enum: linkRelations }).notNull(),
    origin: text('origin', { enum: linkOrigins }).notNull(),
    /** What both ends have in common, for a match. The value itself stays in the records. */
    matchedBy: text('matched_by', { enum: matchedBy }),
    createdAt: createdAt(),
    /** The person who linked or rejected; null for the other origins. */
    createdBy: uuid('created_by'),
    /** When a person said that the two are not this; then no other origin links them. */
    rejectedAt: instant('rejected_at'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    unique('external_links_once').on(
      table.tenantId,
      table.fromConnectionId,
      table.fromEntity,
      table.fromExternalId,
      table.toConnectionId,
      table.toEntity,
      table.toExternalId,
      table.relation,
      table.origin,
    ),
    index('external_links_by_target').on(
      table.tenantId,
      table.toConnectionId,
      table.toEntity,
      table.toExternalId,
    ),
    // Tells at once whether any lead of a connection is linked by a push or a person.
    index('external_links_said')
      .on(table.tenantId, table.fromConnectionId, table.fromEntity)
      .where(sql`origin in ('push', 'manual')`),
    // Links go with the connection of either end.
    foreignKey({
      name: 'external_links_from_connection',
      columns: [table.tenantId, table.fromConnectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'external_links_to_connection',
      columns: [table.tenantId, table.toConnectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
