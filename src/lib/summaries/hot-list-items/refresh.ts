import { and, eq, getTableColumns, inArray, isNotNull, isNull, or, type SQL } from 'drizzle-orm';
import type { Change, DerivedWrite, EntityRows } from '../../entities/definition.ts';
import { opportunities } from '../../schema/opportunities.ts';
import { insertRows } from '../../platform/db/bulk.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { toHotListItem } from './compute.ts';
import { hotListItems } from '../../schema/hot-list-items.ts';

/** Replaces the items of opportunities that changed. */
export function refreshHotListItems(
  tenantId: string,
  changes: readonly Change<'opportunity'>[],
): DerivedWrite {
  const stale = changes.flatMap(({ before }) => (before === null ? [] : [before.id]));
  const items = changes.flatMap(({ after }) =>
    after === null ? [] : (toHotListItem(after) ?? []),
  );
  return async (tx) => {
    if (stale.length > 0)
      await tx
        .delete(hotListItems)
        .where(
          and(eq(hotListItems.tenantId, tenantId), inArray(hotListItems.opportunityId, stale)),
        );
    await insertRows(
      tx,
      hotListItems,
      items.map((item) => ({ tenantId, ...item })),
    );
  };
}

/** Replaces the items that differ from what their opportunities yield. */
export async function recountHotListItems(tx: Tx, tenantId: string): Promise<void> {
  const open = and(
    isNull(opportunities.deletedAt),
    isNull(opportunities.mirrorOf),
    eq(opportunities.outcome, 'open'),
    isNotNull(opportunities.franchiseFee),
  );
  const suspects = findOutdated(
    await loadEntries(tx, tenantId, or(isNotNull(hotListItems.opportunityId), open)),
  );
  if (suspects.length === 0) return;
  const ids = suspects.map(({ row }) => row.id);
  // A sync may be changing one of them, so they are compared again once they are locked.
  await tx
    .select({ id: opportunities.id })
    .from(opportunities)
    .where(and(eq(opportunities.tenantId, tenantId), inArray(opportunities.id, ids)))
    .for('update');
  const wrong = findOutdated(await loadEntries(tx, tenantId, inArray(opportunities.id, ids)));
  const changes = wrong.map(({ row }) => ({
    before: row,
    after: isCounted(row) ? row : null,
  }));
  await refreshHotListItems(tenantId, changes)(tx);
}

const isCounted = ({ deletedAt, mirrorOf }: EntityRows['opportunity']): boolean =>
  deletedAt === null && mirrorOf === null;

interface Entry {
  row: EntityRows['opportunity'];
  item: typeof hotListItems.$inferSelect | null;
}

function loadEntries(tx: Tx, tenantId: string, condition: SQL | undefined): Promise<Entry[]> {
  const { rawJson: _unread, ...columns } = getTableColumns(opportunities);
  const item = and(
    eq(hotListItems.tenantId, opportunities.tenantId),
    eq(hotListItems.opportunityId, opportunities.id),
  );
  return tx
    .select({ row: columns, item: hotListItems })
    .from(opportunities)
    .leftJoin(hotListItems, item)
    .where(and(eq(opportunities.tenantId, tenantId), condition));
}

function findOutdated(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ row, item }) => {
    const wanted = isCounted(row) ? toHotListItem(row) : null;
    if (wanted === null || item === null) return wanted !== null || item !== null;
    return Object.entries(wanted).some(
      ([name, value]) => String(item[name as keyof typeof item]) !== String(value),
    );
  });
}
