import { and, eq, getTableColumns, isNull, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../../schema/leads.ts';

/** All columns but the raw item, which is large. */
const { rawJson: _rawJson, ...columns } = getTableColumns(leads);
export const leadColumns = columns;

/**
 * A sub-select of one lead by its key, aliased `leads`. The condition for live leads belongs in the
 * outer query (`whereOwnAndLive`): inside, the planner of a table without statistics would read all
 * live leads of the tenant for each one.
 */
export function selectLeadById(tx: Tx, tenantId: string, id: SQL | PgColumn) {
  return tx
    .select(leadColumns)
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, id)))
    .limit(1)
    .as('leads');
}

/** Neither deleted nor a mirror of another lead. */
export const whereOwnAndLive = and(isNull(leads.deletedAt), isNull(leads.mirrorOf));
