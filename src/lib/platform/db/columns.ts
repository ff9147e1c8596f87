import { sql } from 'drizzle-orm';
import {
  customType,
  numeric,
  pgPolicy,
  timestamp,
  uuid,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core';

/**
 * The tenant that the current transaction acts for; null outside `withTenant`, so that no row
 * matches.
 */
const currentTenant = sql`nullif(current_setting('app.tenant_id', true), '')::uuid`;

/** First column of every tenant table and of each of its keys. */
export const tenantId = () => uuid('tenant_id').notNull();

/** A UUID version 7 from the application, or from the database by default. */
export const id = () =>
  uuid('id')
    .notNull()
    .default(sql`new_id()`);

export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** A percentage with the decimals that records keep, exactly. */
export const percent = (name: string) => numeric(name, { precision: 9, scale: 6, mode: 'number' });

export const createdAt = () => instant('created_at').notNull().defaultNow();

/** The condition that a transaction acts for no tenant. */
export const noTenant = sql`${currentTenant} is null`;

/** The condition that a row belongs to the tenant of the transaction. */
export const tenantMatches = (column: AnyPgColumn) => sql`${column} = ${currentTenant}`;

/**
 * Row-level security of a tenant table. A plain comparison: a sub-select would run for each row.
 */
export const tenantPolicy = (column: AnyPgColumn) =>
  pgPolicy('tenant_isolation', {
    as: 'permissive',
    for: 'all',
    using: tenantMatches(column),
    withCheck: tenantMatches(column),
  });

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({
  dataType: () => 'bytea',
});

/** Sorted words without positions, in the notation of PostgreSQL: separated by blanks. */
export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' });
