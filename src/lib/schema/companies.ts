import { sql } from 'drizzle-orm';
import { index, integer, numeric, pgTable, text } from 'drizzle-orm/pg-core';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';

export const companies = pgTable(
  'companies',
  {
    ...entityColumns(),
    ...sourceTimes(),
    name: text('name').notNull(),
    website: text('website'),
    /**
     * The registrable domain of the website, else of the e-mail address unless that is a mailbox
     * provider's.
     */
    domain: text('domain'),
    email: text('email'),
    phone: text('phone'),
    industry: text('industry'),
    employees: integer('employees'),
    revenue: numeric('revenue', { precision: 14, scale: 2 }),
    city: text('city'),
    country: text('country'),
  },
  (table) => [
    ...entityKeys('companies', table),
    index('companies_by_domain')
      .on(table.tenantId, table.domain)
      .where(sql`deleted_at is null and domain is not null`),
  ],
);
