import { and, eq, isNull, sql } from 'drizzle-orm';
import { keysetPage, keysetQuery, type SortOrder } from '../../platform/db/keyset.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { sumHotList } from '../pipeline-stage-counts/queries.ts';
import { hotListItems as items } from '../../schema/hot-list-items.ts';

export interface HotListFilter {
  stage?: string | undefined;
  /** A market; '' means unknown. */
  market?: string | undefined;
}

const ranked: SortOrder = {
  expression: sql`${items.weightedCents}`,
  type: 'bigint',
  direction: 'desc',
};

/** One page of the hot list, highest weighted fee first. */
export async function selectHotListPage(
  tx: Tx,
  tenantId: string,
  filter: HotListFilter,
  cursor: string | undefined,
  pageSize: number,
) {
  const keyset = keysetQuery(ranked, sql`opportunity_id`, cursor, pageSize);
  const rows = await tx
    .select({
      id: items.opportunityId,
      candidateName: items.candidateName,
      market: items.market,
      units: items.units,
      franchiseFee: sql<number>`${items.franchiseFee}::float8`.as('fee'),
      weightedIff: sql<number>`${items.weightedIff}::float8`.as('weighted'),
      stage: items.stage,
      likelyPct: items.likelyPct,
      sortValue: keyset.sortValue,
    })
    .from(items)
    .where(and(whereFilter(tenantId, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(ranked, rows, cursor, pageSize);
}

/** The number of items of a filtered hot list, and the sum of their weighted fees. */
export async function sumHotListTotals(
  tx: Tx,
  tenantId: string,
  filter: HotListFilter,
): Promise<{ count: number; weighted: number }> {
  // The stage summary already has the sums by stage; only a market has to be added up.
  if (filter.market === undefined) return sumHotList(tx, tenantId, filter.stage);
  const [row] = await tx
    .select({
      count: sql<number>`count(*)::int`,
      weighted: sql<number>`coalesce(sum(${items.weightedIff}), 0)::float8`,
    })
    .from(items)
    .where(whereFilter(tenantId, filter));
  return row ?? { count: 0, weighted: 0 };
}

function whereFilter(tenantId: string, { stage, market }: HotListFilter) {
  const whereMarket =
    market === undefined
      ? undefined
      : market === ''
        ? isNull(items.market)
        : eq(items.market, market);
  return and(
    eq(items.tenantId, tenantId),
    stage === undefined ? undefined : eq(items.stage, stage),
    whereMarket,
  );
}
