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
  type AnyPgColumn,
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
    /** Validated by the provider's own settings schema on every read. */
    settings: jsonb('settings').notNull().default({}),
    /** Key of the way to authenticate among those of the provider; null for its first one. */
    auth: text('auth'),
    status: text('status', { enum: ['active', 'paused', 'needs_reconnect'] })
      .notNull()
      .default('active'),
    statusReason: text('status_reason'),
    /** When the next scheduled sync begins; null means at once. */
    dueAt: instant('due_at'),
    /** Why the sync waits beyond its scheduled minute, in plain words; null when it does not. */
    waitingFor: text('waiting_for'),
    /**
     * How many syncs were requested outside the schedule. A run stores the number at its start; if
     * it is higher when the run ends, another run follows at once.
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

/** The foreign key of a row that is deleted together with its connection. */
export const connectionForeignKey = (table: { tenantId: AnyPgColumn; connectionId: AnyPgColumn }) =>
  foreignKey({
    columns: [table.tenantId, table.connectionId],
    foreignColumns: [connections.tenantId, connections.id],
  }).onDelete('cascade');

/** One secret of a connection, encrypted for this row: it cannot be decrypted in another. */
export const credentials = pgTable(
  'credentials',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    name: text('name').notNull(),
    sealed: bytea('sealed').notNull(),
    keyId: text('key_id').notNull(),
    version: integer('version').notNull().default(1),
    /** When the secret expires; null if it does not. */
    expiresAt: instant('expires_at'),
    /** Lease of the process that is exchanging the secret for a new one. */
    leaseOwner: uuid('lease_owner'),
    leaseUntil: instant('lease_until'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.name] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/** The account and the scopes that a person gave a connection by signing in at the provider. */
export const authorizations = pgTable(
  'authorizations',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    /** The account at the provider, as its token names it; null when it does not. */
    accountId: text('account_id'),
    accountName: text('account_name'),
    scopesAsked: text('scopes_asked').array().notNull(),
    /** Null when the provider did not say which scopes it granted. */
    scopesGranted: text('scopes_granted').array(),
    /**
     * Null for a connection that was added with the authorization of another one: nobody signed in
     * for it, and the row only tells of which account its data are.
     */
    authorizedBy: uuid('authorized_by'),
    authorizedAt: instant('authorized_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * A connection without tokens of its own: it uses the authorization of another one, which may be of
 * another workspace. It counts only together with the row of `lent_authorizations` that names it.
 */
export const borrowedAuthorizations = pgTable(
  'borrowed_authorizations',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    ownerTenantId: uuid('owner_tenant_id').notNull(),
    ownerConnectionId: uuid('owner_connection_id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * The other side: which connections may use the authorization of this one. The foreign key has no
 * cascade, so that a connection goes only after its sharing was ended on both sides.
 */
export const lentAuthorizations = pgTable(
  'lent_authorizations',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    borrowerTenantId: uuid('borrower_tenant_id').notNull(),
    borrowerConnectionId: uuid('borrower_connection_id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({
      name: 'lent_authorizations_pk',
      columns: [
        table.tenantId,
        table.connectionId,
        table.borrowerTenantId,
        table.borrowerConnectionId,
      ],
    }),
    foreignKey({
      columns: [table.tenantId, table.connectionId],
      foreignColumns: [connections.tenantId, connections.id],
    }),
    tenantPolicy(table.tenantId),
  ],
);

/** How much of each window of a connection's rate limit is used, by all workers together. */
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
    /**
     * The limit that the source's responses reported; null for the one that the provider declares.
     */
    ceiling: integer('ceiling'),
    blockedUntil: instant('blocked_until'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId, table.window] }),
    connectionForeignKey(table),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * The circuit breaker of a connection, which stops requests to a source that does not respond. A
 * connection without a row has a closed circuit.
 */
export const circuits = pgTable(
  'circuits',
  {
    tenantId: tenantId(),
    connectionId: uuid('connection_id').notNull(),
    state: text('state', { enum: ['closed', 'open', 'half_open'] })
      .notNull()
      .default('closed'),
    /** Consecutive failures, over all workers. */
    failures: integer('failures').notNull().default(0),
    /** Consecutive openings without a success in between; the wait doubles with each. */
    openings: integer('openings').notNull().default(0),
    openedAt: instant('opened_at'),
    /** When the next probe may be sent. */
    probeAt: instant('probe_at'),
    reason: text('reason'),
    changedAt: instant('changed_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.connectionId] }),
    connectionForeignKey(table),
    check('circuits_state', sql`${table.state} in ('closed', 'open', 'half_open')`),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * Every encryption key that was ever in use, with a known text encrypted under it: a key of the
 * same id with other bytes cannot decrypt the text.
 */
export const encryptionKeys = pgTable('encryption_keys', {
  id: text('id').primaryKey(),
  sealed: bytea('sealed').notNull(),
  createdAt: createdAt(),
});

/**
 * A sign-in on the provider's pages: a person enters a code there (RFC 8628) or is sent there and
 * back (RFC 6749, section 4.1), and the row becomes a connection.
 */
export const deviceAuthorizations = pgTable(
  'device_consents',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    id: id(),
    provider: text('provider').notNull(),
    label: text('label').notNull(),
    settings: jsonb('settings').notNull().default({}),
    /** As `connections.auth`. */
    auth: text('auth'),
    /** The connection to reconnect, or the one that was created; null until then. */
    connectionId: uuid('connection_id'),
    /**
     * The device code or the code verifier, and the secrets that were entered, as one encrypted JSON
     * text; cleared when the authorization ends.
     */
    sealed: bytea('sealed'),
    keyId: text('key_id').notNull(),
    /**
     * The code that the person enters, the page on which to enter it and the seconds between two
     * polls; null when the person is sent there and back.
     */
    userCode: text('user_code'),
    verificationUrl: text('verification_url'),
    intervalSeconds: integer('interval_seconds'),
    /**
     * Digest of the `state` and the session of the person who is on the way there and back, and
     * until when they may return; null when nobody is.
     */
    attempt: text('attempt'),
    attemptUntil: instant('attempt_until'),
    expiresAt: instant('expires_at').notNull(),
    state: text('state', { enum: ['waiting', 'connected', 'refused', 'expired'] })
      .notNull()
      .default('waiting'),
    /** Why no connection was created, or the last attempt failed, in plain words. */
    message: text('message'),
    requestedBy: uuid('requested_by'),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.id] }), tenantPolicy(table.tenantId)],
);
