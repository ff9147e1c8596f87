import { sql } from 'drizzle-orm';
import { bigint, index, integer, numeric, pgTable, text } from 'drizzle-orm/pg-core';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';
import { knownOrLowest } from '../platform/db/keyset.ts';
import { referralTypes } from '../records/referral.ts';

/** The sort order of referrals; see leadSort. */
export const newestReferral = knownOrLowest(sql`source_updated_at`);

export const referrals = pgTable(
  'referrals',
  {
    ...entityColumns(),
    ...sourceTimes(),
    engagementId: text('engagement_id'),
    referralType: text('referral_type', { enum: referralTypes }).notNull(),
    name: text('name').notNull(),
    companyName: text('company_name'),
    domain: text('domain'),
    domainReason: text('domain_reason'),
    azureTenantId: text('azure_tenant_id'),
    employees: integer('employees'),
    status: text('status').notNull(),
    substatus: text('substatus'),
    direction: text('direction'),
    dealValue: numeric('deal_value', { precision: 14, scale: 2 }),
    /** The deal value in cents of its currency, the lowest number when it is not known. */
    sortCents: bigint('sort_cents', { mode: 'number' }).notNull(),
    currency: text('currency'),
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
    // What was synced since a point.
    index('referrals_by_change').on(table.tenantId, table.changedAt, table.id),
  ],
);
