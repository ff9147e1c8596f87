import { sql } from 'drizzle-orm';
import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';

export const contacts = pgTable(
  'contacts',
  {
    ...entityColumns(),
    ...sourceTimes(),
    name: text('name').notNull(),
    email: text('email'),
    /** The registrable domain of the e-mail address, unless that is a mailbox provider's. */
    domain: text('domain'),
    phone: text('phone'),
    jobTitle: text('job_title'),
    companyId: text('company_id'),
  },
  (table) => [
    ...entityKeys('contacts', table),
    index('contacts_by_domain')
      .on(table.tenantId, table.domain)
      .where(sql`deleted_at is null and domain is not null`),
  ],
);
