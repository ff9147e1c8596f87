import { sql } from 'drizzle-orm';
import { bigint, index, pgTable } from 'drizzle-orm/pg-core';
import { referralFields } from '../records/referral.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';
import { nullsLowest } from '../platform/db/keyset.ts';

/** The sort order of referrals; see leadSort. */
export const newestReferral = nullsLowest(sql`source_updated_at`);

export const referrals = pgTable(
  'referrals',
  {
    ...entityColumns(),
    ...sourceTimes(),
    ...fieldColumns(referralFields),
    /** The deal value in cents of its currency; the smallest safe integer when it is unknown. */
    sortCents: bigint('sort_cents', { mode: 'number' }).notNull(),
  },
  (table) => [
    ...entityKeys('referrals', table),
    index('referrals_by_update')
      .on(table.tenantId, newestReferral, table.id)
      .where(sql`deleted_at is null`),
    index('referrals_by_type')
      .on(table.tenantId, table.referralType, newestReferral, table.id)
      .where(sql`deleted_at is null`),
    index('referrals_by_status')
      .on(table.tenantId, table.status, newestReferral, table.id)
      .where(sql`deleted_at is null`),
    index('referrals_by_domain')
      .on(table.tenantId, table.domain)
      .where(sql`deleted_at is null`),
    index('referrals_by_azure_tenant')
      .on(table.tenantId, table.azureTenantId)
      .where(sql`deleted_at is null`),
    // Finds the referrals that changed since a time.
    index('referrals_by_change').on(table.tenantId, table.changedAt, table.id),
  ],
);
