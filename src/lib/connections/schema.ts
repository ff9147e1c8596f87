import { sql } from 'drizzle-orm';
import { check, foreignKey, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from '../tenancy/schema.ts';

/** One tenant's account at one provider. */
export const connections = pgTable(
  'connections',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    id: id(),
    provider: text('provider').notNull(),
    label: text('label').notNull(),
    /** Checked by the provider's own settings schema on every read. */
    settings: jsonb('settings').notNull().default({}),
    status: text('status', { enum: ['active', 'paused', 'needs_reconnect'] }).notNull().default('active'),
    statusReason: text('status_reason'),
    /** The due-table: when the next scheduled sync is to begin. Null means at once. */
    dueAt: instant('due_at'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.id] }),
    check('connections_status', sql`${table.status} in ('active', 'paused', 'needs_reconnect')`),
    tenantPolicy(table.tenantId),
  ],
);

/** One secret of a connection, sealed to this very row. */
export const credentials = pgTable(
  'credentials',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    name: text('name').notNull(),
    sealed: bytea('sealed').notNull(),
    keyId: text('key_id').notNull(),
    version: integer('version').notNull().default(1),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.name] }),
    foreignKey({ columns: [table.tenantId, table.connectionId], foreignColumns: [connections.tenantId, connections.id] }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
