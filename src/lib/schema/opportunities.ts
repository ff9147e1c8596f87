import { sql } from 'drizzle-orm';
import { bigint, index, pgTable, uuid } from 'drizzle-orm/pg-core';
import { opportunityFields } from '../records/opportunity.ts';
import { fieldColumns } from './field-columns.ts';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';

/** The sort orders of the opportunity table; see leadSort. */
export const opportunitySort = {
  value: sql`sort_cents`,
  entered: sql`stage_entered_at`,
};

export const opportunities = pgTable(
  'opportunities',
  {
    ...entityColumns(),
    ...sourceTimes(),
    ...fieldColumns(opportunityFields),
    /** The value in cents; the smallest safe integer when it is unknown. */
    sortCents: bigint('sort_cents', { mode: 'number' }).notNull(),
    /**
     * The opportunity that is shown and counted instead, because both are one deal; null when this
     * one is. It follows from the links (src/lib/ingest/links/deal-copies.ts), not from the item.
     */
    mirrorOf: uuid('mirror_of'),
  },
  (table) => [
    ...entityKeys('opportunities', table),
    index('opportunities_by_value')
      .on(table.tenantId, opportunitySort.value, table.id)
      .where(sql`deleted_at is null`),
    // What the list shows unless it is asked for decided deals.
    index('opportunities_open_by_value')
      .on(table.tenantId, opportunitySort.value, table.id)
      .where(sql`deleted_at is null and outcome = 'open'`),
    index('opportunities_by_stage')
      .on(table.tenantId, table.stage, opportunitySort.value, table.id)
      .where(sql`deleted_at is null`),
    // Finds the deals of a lead by name where the source does not say whose they are.
    index('opportunities_by_name')
      .on(table.tenantId, table.name, table.id)
      .where(sql`deleted_at is null`),
    index('opportunities_by_entry')
      .on(table.tenantId, opportunitySort.entered, table.id)
      .where(sql`deleted_at is null`),
  ],
);
