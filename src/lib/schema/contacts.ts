import { sql } from 'drizzle-orm';
import { index, pgTable } from 'drizzle-orm/pg-core';
import { contactFields } from '../records/contact.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';

export const contacts = pgTable(
  'contacts',
  {
    ...entityColumns(),
    ...sourceTimes(),
    ...fieldColumns(contactFields),
  },
  (table) => [
    ...entityKeys('contacts', table),
    index('contacts_by_domain')
      .on(table.tenantId, table.domain)
      .where(sql`deleted_at is null and domain is not null`),
  ],
);
