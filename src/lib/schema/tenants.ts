import { sql } from 'drizzle-orm';
import {
  check,
  doublePrecision,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** A client's workspace: better-auth's organization, with the settings of the workspace. */
export const tenants = pgTable(
  'tenants',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`new_id()`),
    name: text('name').notNull(),
    slug: text('slug').notNull().unique(),
    logo: text('logo'),
    metadata: text('metadata'),
    /** IANA name; days, schedules and reports are in this zone. */
    timeZone: text('time_zone').notNull().default('UTC'),
    /** ISO 4217 code of every amount of the tenant. */
    currency: text('currency').notNull().default('USD'),
    /** Accent colour as #rrggbb. */
    accent: text('accent'),
    /** How many days raw snapshots are kept after no live record needs them any more. */
    rawRetentionDays: integer('raw_retention_days').notNull().default(90),
    /**
     * The largest share of a stream's rows that a pass deletes without confirmation, from 0 to 1.
     */
    deletionShare: doublePrecision('deletion_share').notNull().default(0.2),
    /** Since when entering takes two-step sign-in; null when the workspace does not demand it. */
    twoFactorDemandedAt: instant('two_factor_demanded_at'),
    createdAt: createdAt(),
    /** When the tenant was archived; null while it is served. */
    archivedAt: instant('archived_at'),
  },
  (table) => [
    check('tenants_deletion_share', sql`${table.deletionShare} between 0 and 1`),
    check('tenants_raw_retention', sql`${table.rawRetentionDays} >= 1`),
    check('tenants_slug_form', sql`${table.slug} ~ '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$'`),
  ],
);

/**
 * A feature that a workspace has switched on, with time and user. A feature without a row is off.
 */
export const tenantFeatures = pgTable(
  'tenant_features',
  {
    tenantId: tenantId().references(() => tenants.id, { onDelete: 'cascade' }),
    /** One of src/lib/identity/features.ts. */
    feature: text('feature').notNull(),
    enabledAt: createdAt(),
    /** Null when an operator or the connection of a provider switched it on. */
    enabledBy: uuid('enabled_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.feature] }),
    tenantPolicy(table.tenantId),
  ],
);
