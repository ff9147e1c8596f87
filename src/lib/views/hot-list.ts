import { z } from 'zod';
import { selectHotListPage, sumHotListTotals } from '../summaries/hot-list-items/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { chosenText, exactText, listCursor } from './filter-fields.ts';
import type { HotListView } from './types.ts';
import { pageSize, type Workspace } from './workspace.ts';

const filterSchema = z.object({ stage: chosenText, market: exactText, cursor: listCursor });
export type HotListFilter = Partial<z.output<typeof filterSchema>>;

/** Parses the filter of the Hot List page from a URL. Invalid values count as absent. */
export function parseHotListFilter(params: URLSearchParams): HotListFilter {
  return filterSchema.parse(Object.fromEntries(params));
}

/** Everything on the Hot List page, as of one moment. */
export function getHotListView({ tenant }: Workspace, filter: HotListFilter): Promise<HotListView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const [totals, page] = await Promise.all([
        sumHotListTotals(tx, tenant.id, filter),
        selectHotListPage(tx, tenant.id, filter, filter.cursor, pageSize),
      ]);
      const rows = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
      return {
        items: { ...page, rows, total: totals.count, totalIsFloor: false },
        totalWeighted: totals.weighted,
      };
    },
    { mayLag: true },
  );
}
