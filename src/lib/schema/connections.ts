import { sql } from 'drizzle-orm';
import {
  check,
  foreignKey,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

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
    status: text('status', { enum: ['active', 'paused', 'needs_reconnect'] })
      .notNull()
      .default('active'),
    statusReason: text('status_reason'),
    /** The due-table: when the next scheduled sync is to begin. Null means at once. */
    dueAt: instant('due_at'),
    /** Why a sync waits longer than to its own minute, in plain words; null when it does not. */
    waitingFor: text('waiting_for'),
    /**
     * How often something asked for a pass out of turn. A run that ends with fewer than there are
     * now is followed by another at once.
     */
    wakes: integer('wakes').notNull().default(0),
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
    /** When the secret itself stops being good, for those that do. */
    expiresAt: instant('expires_at'),
    /** Who is exchanging the secret for a new one at present, and until when nobody else may. */
    leaseOwner: uuid('lease_owner'),
    leaseUntil: instant('lease_until'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.name] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/** What is left of each window of a connection's rate limit, for all workers together. */
export const rateLimitWindows = pgTable(
  'rate_budgets',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    /**
     * Name of the window as the provider declares it, or "all" for a pause that the source asked
     * for.
     */
    window: text('window').notNull(),
    startedAt: instant('started_at').notNull().defaultNow(),
    used: integer('used').notNull().default(0),
    /** The ceiling that the source's answers told; null is the provider's declared one. */
    ceiling: integer('ceiling'),
    blockedUntil: instant('blocked_until'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.window] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);

/** Whether a connection's source answers at all. No row is a closed circuit. */
export const circuits = pgTable(
  'circuits',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    state: text('state', { enum: ['closed', 'open', 'half_open'] })
      .notNull()
      .default('closed'),
    /** Failures in a row, over all workers. */
    failures: integer('failures').notNull().default(0),
    /** Openings in a row without a success between: the wait doubles with each. */
    openings: integer('openings').notNull().default(0),
    openedAt: instant('opened_at'),
    /** When the next probe may be sent. */
    probeAt: instant('probe_at'),
    reason: text('reason'),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }).onDelete('cascade'),
    check('circuits_state', sql`${table.state} in ('closed', 'open', 'half_open')`),
    tenantPolicy(table.tenantId),
  ],
);

/** Every key that ever sealed something, with a text that only the right key opens. */
export const encryptionKeys = pgTable('encryption_keys', {
  id: text('id').primaryKey(),
  sealed: bytea('sealed').notNull(),
  createdAt: createdAt(),
});

/**
 * A consent that a person gives in the provider's own pages with a code (RFC 8628), until it
 * becomes a connection.
 */
export const deviceAuthorizations = pgTable(
  'device_consents',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    id: id(),
    provider: text('provider').notNull(),
    label: text('label').notNull(),
    settings: jsonb('settings').notNull().default({}),
    /** The connection that is connected again, and the one that came of it. Null: not yet. */
    connectionId: uuid('connection_id'),
    /**
     * The device code and the secrets that were entered, as one sealed JSON text; emptied at the
     * end.
     */
    sealed: bytea('sealed'),
    keyId: text('key_id').notNull(),
    /** What the person enters, and where. */
    userCode: text('user_code').notNull(),
    verificationUrl: text('verification_url').notNull(),
    intervalSeconds: integer('interval_seconds').notNull(),
    expiresAt: instant('expires_at').notNull(),
    state: text('state', { enum: ['waiting', 'connected', 'refused', 'expired'] })
      .notNull()
      .default('waiting'),
    /** Why it did not come to a connection, in plain words. */
    message: text('message'),
    requestedBy: uuid('requested_by'),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] }), tenantPolicy(table.tenantId)],
);
