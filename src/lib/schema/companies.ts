import { sql } from 'drizzle-orm';
import { index, pgTable } from 'drizzle-orm/pg-core';
import { companyFields } from '../records/company.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';

export const companies = pgTable(
  'companies',
  {
    ...entityColumns(),
    ...sourceTimes(),
    ...fieldColumns(companyFields),
  },
  (table) => [
    ...entityKeys('companies', table),
    index('companies_by_domain')
      .on(table.tenantId, table.domain)
      .where(sql`deleted_at is null and domain is not null`),
  ],
);
