import { z } from 'zod';
import {
  opportunitySortKeys,
  selectOpportunityPage,
  selectTopOfStages,
} from '../entities/opportunity/queries.ts';
import { outcomes } from '../records/opportunity.ts';
import { allTime, type Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import type { StageSums } from '../summaries/pipeline-stage-counts/queries.ts';
import { chosenText, listCursor } from './filter-fields.ts';
import { computeStuckSince, readPipelines } from './pipeline-stages.ts';
import type { Pipeline, PipelineBoardLane, PipelineView } from './types.ts';
import { toFigure, pageSize, type Workspace } from './workspace.ts';

/** How many deals a column of the board shows; the rest is behind its link. */
const laneSize = 5;

const filterSchema = z
  .object({
    /** The connection that a stage belongs to: two systems may use one name. */
    connection: z.uuid().optional().catch(undefined),
    stage: chosenText,
    outcome: z
      .enum([...outcomes, 'all'])
      .optional()
      .catch(undefined),
    stuck: z
      .literal('1')
      .transform(() => true)
      .optional()
      .catch(undefined),
    view: z.literal('board').optional().catch(undefined),
    sort: z.enum(opportunitySortKeys).catch('value'),
    direction: z.enum(['asc', 'desc']).catch('desc'),
    cursor: listCursor,
  })
  // Decided deals would stand on top of the list by their value, so they are shown on request, and
  // with the stage that they are in.
  .transform(({ outcome, ...filter }) => ({
    ...filter,
    outcome: outcome ?? (filter.stage === undefined ? 'open' : 'all'),
  }));
export type PipelineFilter = z.output<typeof filterSchema>;

/** Parses the filter of the opportunity table from a URL. Invalid values count as absent. */
export function parsePipelineFilter(params: URLSearchParams): PipelineFilter {
  return filterSchema.parse(Object.fromEntries(params));
}

/** The conditions of the list of opportunities that a filter and a period stand for. */
export function toOpportunityQuery(
  { outcome, stuck, view: _view, ...rest }: PipelineFilter,
  period: Period,
  now: Date,
) {
  return {
    // Stuck opportunities are counted and listed whatever their creation date.
    period: stuck ? allTime : period,
    filter: {
      ...rest,
      outcome: outcome === 'all' ? undefined : outcome,
      stuckSince: stuck ? computeStuckSince(now) : undefined,
    },
  };
}

/** Everything on the Pipeline page, as of one moment. */
export function getPipelineView(
  { tenant }: Workspace,
  period: Period,
  filter: PipelineFilter,
  now = new Date(),
): Promise<PipelineView> {
  return readTenant(
    tenant.id,
    async (tx) => {
      const { pipelines, sums } = await readPipelines(tx, tenant.id, period, now);
      const counts = countOutcomes(filter, pipelines, sums);
      const query = toOpportunityQuery(filter, period, now);
      const page = await selectOpportunityPage(tx, tenant.id, query.period, query.filter, pageSize);
      const rows = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
      const total = counts[filter.outcome];
      return {
        ...toPipelineFigures(period, sums),
        pipelines,
        outcomes: counts,
        opportunities: { ...page, rows, total, totalIsFloor: false },
        board: filter.view === 'board' ? await readBoard(tx, tenant.id, period, pipelines) : null,
      };
    },
    { mayLag: true },
  );
}

/** Counts what the list would hold with each choice of an outcome. */
function countOutcomes(
  { connection, stage, stuck }: PipelineFilter,
  pipelines: readonly Pipeline[],
  sums: readonly StageSums[],
): PipelineView['outcomes'] {
  const isWanted = (row: { connectionId: string; stage: string }) =>
    (connection === undefined || row.connectionId === connection) &&
    (stage === undefined || row.stage === stage);
  const counts = { open: 0, won: 0, lost: 0, all: 0 };
  if (stuck) {
    const stages = pipelines.flatMap(({ connectionId, stages: own }) =>
      own.map((row) => ({ ...row, connectionId })),
    );
    for (const row of stages.filter(isWanted)) counts.open += row.stuck;
  } else for (const { outcome, count } of sums.filter(isWanted)) counts[outcome] += count;
  return { ...counts, all: counts.open + counts.won + counts.lost };
}

/** The most valuable deals of each stage that holds any. */
async function readBoard(
  tx: Tx,
  tenantId: string,
  period: Period,
  pipelines: readonly Pipeline[],
): Promise<PipelineBoardLane[]> {
  const filled = pipelines.flatMap(({ connectionId, stages }) =>
    stages.flatMap(({ stage, count }) => (count > 0 ? [{ connectionId, stage }] : [])),
  );
  const rows = await selectTopOfStages(tx, tenantId, period, filled, laneSize);
  return filled.map((lane) => ({
    ...lane,
    rows: rows
      .filter((row) => row.connectionId === lane.connectionId && row.stage === lane.stage)
      .map(({ connectionId: _connectionId, sortValue: _sortValue, ...row }) => row),
  }));
}

/** Computes the key figures of the deals of a period: a pipeline is worth what is still open. */
export function toPipelineFigures(period: Period, sums: readonly StageSums[]) {
  const open = sums.filter(({ outcome }) => outcome === 'open');
  const sumField = (
    rows: readonly StageSums[],
    field: 'value' | 'valued' | 'previousValue' | 'previousValued',
  ) => rows.reduce((total, row) => total + row[field], 0);
  const [value, valued, previousValue, previousValued] = [
    sumField(open, 'value'),
    sumField(open, 'valued'),
    sumField(open, 'previousValue'),
    sumField(open, 'previousValued'),
  ];
  const countStages = (field: 'count' | 'previousCount') =>
    new Set(
      sums
        .filter((row) => row[field] > 0)
        .map(({ connectionId, stage }) => JSON.stringify([connectionId, stage])),
    ).size;
  const won = sums.filter(({ outcome }) => outcome === 'won');
  return {
    openValue: toFigure(period, value, previousValue),
    wonValue: sumField(won, 'value'),
    stageCount: toFigure(period, countStages('count'), countStages('previousCount')),
    averageDeal: toFigure(
      period,
      valued === 0 ? 0 : value / valued,
      previousValued === 0 ? 0 : previousValue / previousValued,
    ),
  };
}
