import { sql, type SQL } from 'drizzle-orm';
import {
  bigint,
  foreignKey,
  index,
  pgPolicy,
  pgRole,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, tenantId, tenantPolicy, tsvector } from '../platform/db/columns.ts';
import { searchRole } from '../platform/db/pool.ts';
import { entityColumns, entityKeys, sourceTimes } from './entity-columns.ts';
import { leadFields } from '../records/lead.ts';
import type { SortNames } from '../records/fields.ts';
import { fieldColumns, timeSorts } from './field-columns.ts';

/**
 * The sort expressions of the lead table: times sort by themselves, the others by a column made for
 * sorting. PostgreSQL uses an index only if the query contains exactly the same expression.
 */
export const leadSort: Record<SortNames<typeof leadFields>, SQL> = {
  ...timeSorts(leadFields),
  name: sql`sort_name`,
  value: sql`sort_cents`,
  score: sql`sort_score`,
};

export const leads = pgTable(
  'leads',
  {
    ...entityColumns(),
    ...sourceTimes(),
    ...fieldColumns(leadFields),
    // Sort keys of the lead table.
    /**
     * The name in lower case: a function call in a query would keep its index from being used under
     * row-level security.
     */
    sortName: text('sort_name').notNull(),
    /** The deal value in cents; the smallest safe integer when it is unknown. */
    sortCents: bigint('sort_cents', { mode: 'number' }).notNull(),
    /** The score, -1 when there is none. */
    sortScore: bigint('sort_score', { mode: 'number' }).notNull().default(-1),
    /** The e-mail address in lower case, by which people are matched. */
    emailKey: text('email_key'),
  },
  (table) => [
    ...entityKeys('leads', table),
    // One index for each order of the lead table. Deleted rows are left out, because lists never
    // show them.
    ...Object.entries(leadSort).map(([name, expression]) =>
      index(`leads_by_${name}`)
        .on(table.tenantId, expression, table.id)
        .where(sql`deleted_at is null`),
    ),
    index('leads_by_source')
      .on(table.tenantId, table.source, leadSort.created, table.id)
      .where(sql`deleted_at is null`),
    index('leads_by_status')
      .on(table.tenantId, table.status, leadSort.created, table.id)
      .where(sql`deleted_at is null`),
    index('leads_by_qualified')
      .on(table.tenantId, table.qualified, leadSort.created, table.id)
      .where(sql`deleted_at is null`),
    index('leads_by_segment')
      .on(table.tenantId, table.segment, leadSort.created, table.id)
      .where(sql`deleted_at is null and segment is not null`),
    index('leads_by_mail_provider')
      .on(table.tenantId, table.mailProvider, leadSort.created, table.id)
      .where(sql`deleted_at is null and mail_provider is not null`),
    index('leads_by_referral_type')
      .on(table.tenantId, table.referralType, leadSort.created, table.id)
      .where(sql`deleted_at is null and referral_type is not null`),
    index('leads_by_push_state')
      .on(table.tenantId, table.pushState, leadSort.created, table.id)
      .where(sql`deleted_at is null and push_state is not null`),
    index('leads_by_domain')
      .on(table.tenantId, table.domain, table.id)
      .where(sql`deleted_at is null and domain is not null`),
    index('leads_by_email')
      .on(table.tenantId, table.emailKey)
      .where(sql`deleted_at is null and email_key is not null`),
    // Finds the leads that changed since a time, for partitioned streams.
    index('leads_by_change').on(table.tenantId, table.changedAt, table.id),
  ],
);

/**
 * The search words of a lead (name, company, e-mail address and phone in lower case), each behind
 * the tag of its tenant (src/lib/entities/lead/search-terms.ts). So the words of a tenant are
 * neighbours in the index, and a search reads no entry of another tenant.
 *
 * Row-level security keeps text indexes from being used, because their operators are not leakproof.
 * The second policy lets one role that nobody logs in as read all rows; it owns the function
 * `search_leads`, through which alone the index is used. There is no foreign key, because checking
 * it makes syncs slower. Words whose lead is gone find nothing.
 */
export const leadTerms = pgTable(
  'lead_terms',
  { tenantId: tenantId(), leadId: uuid('lead_id').notNull(), terms: tsvector('terms').notNull() },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.leadId] }),
    // New words wait in a list that every search reads as a whole: 256 kB are 32 blocks. A list of
    // that size already makes writing as cheap as the default of 4 MB does, which would cost each
    // search half a millisecond and one sync in ten a tenth of a second.
    index('lead_terms_by_term')
      .using('gin', table.terms)
      .with({ fastupdate: true, gin_pending_list_limit: 256 }),
    tenantPolicy(table.tenantId),
    pgPolicy('search', {
      as: 'permissive',
      for: 'select',
      to: pgRole(searchRole).existing(),
      using: sql`true`,
    }),
  ],
);

/**
 * The search words of the release before, a row for each. Processes of that release write and read
 * them until they are replaced; the next release drops the table.
 */
export const leadWords = pgTable(
  'lead_words',
  { tenantId: tenantId(), word: text('word').notNull(), leadId: uuid('lead_id').notNull() },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.word, table.leadId] }),
    index('lead_words_by_lead').on(table.tenantId, table.leadId, table.word),
    tenantPolicy(table.tenantId),
  ],
);

/**
 * A field of a lead that another system or a person changed after its source. The value replaces
 * that of the record until the source itself changes the field.
 */
export const leadOverrides = pgTable(
  'lead_overrides',
  {
    tenantId: tenantId(),
    leadId: uuid('lead_id').notNull(),
    /** A property of the lead record. */
    field: text('field').notNull(),
    value: text('value'),
    /**
     * The source's value when the field was changed. A different value from the source is newer and
     * wins.
     */
    sourceValue: text('source_value'),
    /** The connection that the change came from; null when a person entered it. */
    connectionId: uuid('connection_id'),
    createdAt: createdAt(),
    createdBy: uuid('created_by'),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.leadId, table.field] }),
    foreignKey({
      columns: [table.tenantId, table.leadId],
      foreignColumns: [leads.tenantId, leads.id],
    }).onDelete('cascade'),
    tenantPolicy(table.tenantId),
  ],
);
