import { and, desc, eq, isNull, lt, sql, type SQL } from 'drizzle-orm';
import { unionAll } from 'drizzle-orm/pg-core';
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

interface OpportunityConditions {
  /** The connected system that a stage belongs to; absent for all. */
  connection?: string | undefined;
  stage?: string | undefined;
  /** Absent for all. */
  outcome?: 'open' | 'won' | 'lost' | undefined;
  /** Only open opportunities that entered their stage before this day (ISO date, UTC). */
  stuckSince?: string | undefined;
}

export interface OpportunityFilter extends OpportunityConditions {
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

/**
 * The most valuable opportunities of each of the given stages, at most `perStage` of each, in one
 * statement. Each part reads its rows from an index.
 */
export async function selectTopOfStages(
  tx: Tx,
  tenantId: string,
  period: Period,
  stages: readonly { connectionId: string; stage: string }[],
  perStage: number,
) {
  const parts = stages.map(({ connectionId, stage }) =>
    tx
      .select({
        id: opportunities.id,
        connectionId: opportunities.connectionId,
        ...selectShown(opportunities, opportunityFields, 'list'),
        sortValue: opportunities.sortCents,
      })
      .from(opportunities)
      .where(condition(tenantId, period, { connection: connectionId, stage }))
      .orderBy(desc(opportunities.sortCents), desc(opportunities.id))
      .limit(perStage),
  );
  const [first, second, ...rest] = parts;
  if (first === undefined) return [];
  return second === undefined ? first : unionAll(first, second, ...rest);
}

/** Neither deleted nor the copy of an opportunity that is shown instead. */
const whereShown = and(isNull(opportunities.deletedAt), isNull(opportunities.mirrorOf));

function condition(
  tenantId: string,
  { from, to }: Period,
  { connection, stage, outcome, stuckSince }: OpportunityConditions,
): SQL | undefined {
  return and(
    eq(opportunities.tenantId, tenantId),
    whereShown,
    connection === undefined ? undefined : eq(opportunities.connectionId, connection),
    stage === undefined ? undefined : eq(opportunities.stage, stage),
    outcome === undefined ? undefined : eq(opportunities.outcome, outcome),
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
 * The likelihood of a stage in percent, taken from any of its opportunities, for stages that are
 * missing in the source's list. Undefined when no live opportunity is in the stage.
 */
export async function findStageLikelihood(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  stage: string,
): Promise<number | undefined> {
  const [row] = await tx
    .select({ likelyPct: opportunities.likelyPct })
    .from(opportunities)
    .where(
      and(
        eq(opportunities.tenantId, tenantId),
        eq(opportunities.connectionId, connectionId),
        eq(opportunities.stage, stage),
        whereShown,
      ),
    )
    .limit(1);
  return row?.likelyPct;
}
