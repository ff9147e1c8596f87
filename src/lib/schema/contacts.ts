import { sql } from 'drizzle-orm';
import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { contactFields } from '../records/contact.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';

export const contacts = pgTable(
  'contacts',
  {
    ...entityColumns(),
    ...sourceTimes(),
    ...fieldColumns(contactFields),
    /** The e-mail address in lower case, by which people are matched. */
    emailKey: text('email_key'),
  },
  (table) => [
    ...entityKeys('contacts', table),
    index('contacts_by_email')
      .on(table.tenantId, table.emailKey)
      .where(sql`deleted_at is null and email_key is not null`),
    index('contacts_by_domain')
      .on(table.tenantId, table.domain)
      .where(sql`deleted_at is null and domain is not null`),
  ],
);
