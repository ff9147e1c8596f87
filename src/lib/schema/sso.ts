import { sql } from 'drizzle-orm';
import { check, index, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, tenantId } from '../platform/db/columns.ts';
import { tenants } from './tenants.ts';

/*
 * Single sign-on of a workspace. Like the tables in identity.ts they are read before a tenant is
 * known, so they have no row-level security.
 */

/** The OpenID provider of a workspace, as staff entered it; one at most. */
export const ssoProviders = pgTable(
  'sso_providers',
  {
    id: id().primaryKey(),
    tenantId: tenantId()
      .unique()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** As the provider's own discovery document states it. */
    issuer: text('issuer').notNull(),
    clientId: text('client_id').notNull(),
    /** The client secret, encrypted for this row. */
    sealedSecret: bytea('sealed_secret').notNull(),
    keyId: text('key_id').notNull(),
    /** Since when people can sign in with it; null while it is off. */
    enabledAt: instant('enabled_at'),
    /** Since when members with an address at a verified domain have to; null if they need not. */
    requiredAt: instant('required_at'),
    /** Since when whoever the provider signs in becomes a member; null if only members may enter. */
    admitsAt: instant('admits_at'),
    /** The role of such a new member. */
    newMemberRole: text('new_member_role').notNull().default('viewer'),
    /** Since when staff vouch that the provider asks everybody for a second factor. */
    secondFactorAt: instant('second_factor_at'),
    /** Since when addresses count as verified that the provider says nothing about. */
    trustsAddressesAt: instant('trusts_addresses_at'),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    check('sso_providers_role', sql`${table.newMemberRole} in ('viewer', 'member', 'admin')`),
  ],
);

/** A mail domain that a workspace claims; its owner proves it with a TXT record. */
export const ssoDomains = pgTable(
  'sso_domains',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    /** Lower case, in ASCII. */
    domain: text('domain').notNull(),
    /** What the TXT record has to hold. */
    token: text('token').notNull(),
    /** When the record was found; null until then. */
    verifiedAt: instant('verified_at'),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.domain] }),
    index('sso_domains_domain').on(table.domain),
  ],
);
