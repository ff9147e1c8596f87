import { and, eq, getTableColumns, isNull, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import type { Tx } from '../../platform/db/pool.ts';
import { leads } from '../../schema/leads.ts';

/** Without the raw item, which is large. */
const { rawJson: _rawJson, ...columns } = getTableColumns(leads);
export const leadColumns = columns;

/**
 * One lead, through its key, under the name of its table. The planner knows nothing of a table that
 * was not analysed yet: for each lead it would read all live ones of the tenant, so that whether it
 * is live is asked outside (`whereOwnAndLive`).
 */
export function selectLeadById(tx: Tx, tenantId: string, id: SQL | PgColumn) {
  return tx
    .select(leadColumns)
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, id)))
    .limit(1)
    .as('leads');
}

/** Neither deleted nor the copy of another lead. */
export const whereOwnAndLive = and(isNull(leads.deletedAt), isNull(leads.mirrorOf));
