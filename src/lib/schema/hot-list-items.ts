import {
  bigint,
  foreignKey,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { opportunities } from './opportunities.ts';
import { percent, tenantId, tenantPolicy } from '../platform/db/columns.ts';

/** Open opportunities worth a call, ranked by weighted initial franchise fee. */
export const hotListItems = pgTable(
  'hot_list_items',
  {
    tenantId: tenantId(),
    opportunityId: uuid('opportunity_id').notNull(),
    candidateName: text('candidate_name').notNull(),
    market: text('market'),
    units: integer('units').notNull(),
    franchiseFee: numeric('franchise_fee', { precision: 14, scale: 2 }).notNull(),
    /** units x franchise fee x likelihood, in the tenant's currency. */
    weightedIff: numeric('weighted_iff', { precision: 20, scale: 2 }).notNull(),
    /**
     * The same in cents, for the ranking: an index over numerics is not used under row-level
     * security.
     */
    weightedCents: bigint('weighted_cents', { mode: 'bigint' }).notNull(),
    stage: text('stage').notNull(),
    likelyPct: percent('likely_pct').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.opportunityId] }),
    foreignKey({
      columns: [table.tenantId, table.opportunityId],
      foreignColumns: [opportunities.tenantId, opportunities.id],
    }).onDelete('cascade'),
    index('hot_list_items_ranked').on(table.tenantId, table.weightedCents, table.opportunityId),
    tenantPolicy(table.tenantId),
  ],
);
