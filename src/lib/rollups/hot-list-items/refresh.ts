import { and, eq, inArray } from 'drizzle-orm';
import type { Change } from '../../entities/definition.ts';
import { insertRows } from '../../platform/db/bulk.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { hotListItem } from './compute.ts';
import { hotListItems } from './schema.ts';

/** Replaces the entries of the opportunities that changed. */
export async function refreshHotListItems(tx: Tx, tenantId: string, changes: readonly Change<'opportunity'>[]): Promise<void> {
  const stale = changes.flatMap(({ before }) => (before === null ? [] : [before.id]));
  const items = changes.flatMap(({ after }) => (after === null ? [] : (hotListItem(after) ?? [])));
  if (stale.length > 0) {
    await tx.delete(hotListItems).where(and(eq(hotListItems.tenantId, tenantId), inArray(hotListItems.opportunityId, stale)));
  }
  await insertRows(tx, hotListItems, items.map((item) => ({ tenantId, ...item })));
}
