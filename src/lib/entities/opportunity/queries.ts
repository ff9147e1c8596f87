import { and, eq, isNull, lt, sql, type SQL } from 'drizzle-orm';
import type { Period } from '../../platform/period.ts';
import type { Tx } from '../../platform/db/pool.ts';
import {
  keysetPage,
  keysetQuery,
  type Direction,
  type SortOrder,
} from '../../platform/db/keyset.ts';
import { opportunityFields } from '../../records/opportunity.ts';
import { opportunities, opportunitySort } from '../../schema/opportunities.ts';
import { selectShown } from '../select-fields.ts';

export const opportunitySortKeys = ['value', 'entered'] as const;
type OpportunitySortKey = (typeof opportunitySortKeys)[number];

export interface OpportunityFilter {
  stage?: string | undefined;
  /** Only open opportunities that entered their stage before this day (ISO date, UTC). */
  stuckSince?: string | undefined;
  sort: OpportunitySortKey;
  direction: Direction;
  cursor?: string | undefined;
}

const types: Record<OpportunitySortKey, SortOrder['type']> = {
  value: 'bigint',
  entered: 'timestamptz',
};

/** One page of the opportunity table. */
export async function selectOpportunityPage(
  tx: Tx,
  tenantId: string,
  period: Period,
  filter: OpportunityFilter,
  pageSize: number,
) {
  const order: SortOrder = {
    expression: opportunitySort[filter.sort],
    type: types[filter.sort],
    direction: filter.direction,
  };
  const keyset = keysetQuery(order, sql`id`, filter.cursor, pageSize);
  const rows = await tx
    .select({
      id: opportunities.id,
      ...selectShown(opportunities, opportunityFields, 'list'),
      sortValue: keyset.sortValue,
    })
    .from(opportunities)
    .where(and(condition(tenantId, period, filter), keyset.where))
    .orderBy(keyset.orderBy)
    .limit(keyset.limit);
  return keysetPage(order, rows, filter.cursor, pageSize);
}

function condition(
  tenantId: string,
  { from, to }: Period,
  { stage, stuckSince }: OpportunityFilter,
): SQL | undefined {
  return and(
    eq(opportunities.tenantId, tenantId),
    isNull(opportunities.deletedAt),
    stage === undefined ? undefined : eq(opportunities.stage, stage),
    stuckSince === undefined
      ? undefined
      : and(
          eq(opportunities.outcome, 'open'),
          lt(opportunities.stageEnteredAt, new Date(`${stuckSince}T00:00:00Z`)),
        ),
    from === null || to === null
      ? undefined
      : sql`${opportunities.createdOn} between ${from} and ${to}`,
  );
}

/**
 * Outcome and likelihood of a stage, taken from any of its opportunities, for stages that are
 * missing in the source's list. Undefined when no live opportunity is in the stage.
 */
export async function findStageMeaning(
  tx: Tx,
  tenantId: string,
  stage: string,
): Promise<{ outcome: 'open' | 'won' | 'lost'; likelyPct: number } | undefined> {
  const [row] = await tx
    .select({ outcome: opportunities.outcome, likelyPct: opportunities.likelyPct })
    .from(opportunities)
    .where(
      and(
        eq(opportunities.tenantId, tenantId),
        eq(opportunities.stage, stage),
        isNull(opportunities.deletedAt),
      ),
    )
    .limit(1);
  return row;
}
