import { sql } from 'drizzle-orm';
import { bigint, boolean, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { createdAt, instant } from '../platform/db/columns.ts';
import { ssoProviders } from './sso.ts';
import { tenants } from './tenants.ts';

/*
 * The identity tables of better-auth (fields: its core schema and its organization and two-factor
 * plugins). They are read before a tenant is known, so they have no row-level security; outside
 * src/lib/identity/, queries only join the users for their names.
 */

const id = () =>
  uuid('id')
    .primaryKey()
    .default(sql`new_id()`);
const updatedAt = () => instant('updated_at').notNull().defaultNow();

export const users = pgTable('users', {
  id: id(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: boolean('email_verified').notNull().default(false),
  image: text('image'),
  twoFactorEnabled: boolean('two_factor_enabled').default(false),
  /** When the account was disabled: nobody can sign in with it. Null while it is in use. */
  disabledAt: instant('disabled_at'),
  /** When all steps of signing in were last completed. */
  lastSignInAt: instant('last_sign_in_at'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

const userId = () =>
  uuid('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });

export const sessions = pgTable(
  'sessions',
  {
    id: id(),
    expiresAt: instant('expires_at').notNull(),
    token: text('token').notNull().unique(),
    ipAddress: text('ip_address'),
    userAgent: text('user_agent'),
    userId: userId(),
    activeOrganizationId: uuid('active_tenant_id').references(() => tenants.id, {
      onDelete: 'set null',
    }),
    /** The identity provider that signed the person in; null after a password. */
    ssoProviderId: uuid('sso_provider_id').references(() => ssoProviders.id, {
      onDelete: 'cascade',
    }),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    index('sessions_user').on(table.userId),
    index('sessions_sso_provider').on(table.ssoProviderId),
  ],
);

export const accounts = pgTable(
  'accounts',
  {
    id: id(),
    accountId: text('account_id').notNull(),
    providerId: text('provider_id').notNull(),
    userId: userId(),
    accessToken: text('access_token'),
    refreshToken: text('refresh_token'),
    idToken: text('id_token'),
    accessTokenExpiresAt: instant('access_token_expires_at'),
    refreshTokenExpiresAt: instant('refresh_token_expires_at'),
    scope: text('scope'),
    password: text('password'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('accounts_provider_account').on(table.providerId, table.accountId),
    index('accounts_user').on(table.userId),
  ],
);

export const verifications = pgTable(
  'verifications',
  {
    id: id(),
    identifier: text('identifier').notNull(),
    value: text('value').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [index('verifications_identifier').on(table.identifier)],
);

export const twoFactors = pgTable(
  'two_factors',
  {
    id: id(),
    secret: text('secret').notNull(),
    backupCodes: text('backup_codes').notNull(),
    userId: userId(),
    verified: boolean('verified').default(true),
    failedVerificationCount: integer('failed_verification_count').default(0),
    lockedUntil: instant('locked_until'),
  },
  (table) => [index('two_factors_user').on(table.userId)],
);

export const rateLimits = pgTable('rate_limits', {
  id: id(),
  key: text('key').notNull().unique(),
  count: integer('count').notNull(),
  lastRequest: bigint('last_request', { mode: 'number' }).notNull(),
});

export const memberships = pgTable(
  'memberships',
  {
    id: id(),
    organizationId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    userId: userId(),
    /** viewer, member or admin. */
    role: text('role').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique('memberships_tenant_user').on(table.organizationId, table.userId),
    index('memberships_user').on(table.userId),
  ],
);

export const invitations = pgTable(
  'invitations',
  {
    id: id(),
    organizationId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    email: text('email').notNull(),
    role: text('role'),
    status: text('status').notNull(),
    expiresAt: instant('expires_at').notNull(),
    inviterId: uuid('inviter_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: createdAt(),
  },
  (table) => [index('invitations_tenant_email').on(table.organizationId, table.email)],
);

/**
 * An agency user's right to enter workspaces: one tenant, or every tenant when `tenant_id` is null.
 */
export const staffGrants = pgTable(
  'staff_grants',
  {
    id: id(),
    userId: userId(),
    tenantId: uuid('tenant_id').references(() => tenants.id, { onDelete: 'cascade' }),
    grantedAt: instant('granted_at').notNull().defaultNow(),
  },
  (table) => [
    unique('staff_grants_user_tenant').on(table.userId, table.tenantId).nullsNotDistinct(),
  ],
);
