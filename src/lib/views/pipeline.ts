import { z } from 'zod';
import { selectOpportunityPage, opportunitySortKeys } from '../entities/opportunity/queries.ts';
import { allTime, type Period } from '../platform/period.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import type { StageSums } from '../summaries/pipeline-stage-counts/queries.ts';
import { chosenText, listCursor } from './filter-fields.ts';
import { readStages, computeStuckSince } from './pipeline-stages.ts';
import type { PipelineView } from './types.ts';
import { toFigure, pageSize, type Workspace } from './workspace.ts';

const filterSchema = z.object({
  stage: chosenText,
  stuck: z
    .literal('1')
    .transform(() => true)
    .optional()
    .catch(undefined),
  sort: z.enum(opportunitySortKeys).catch('value'),
  direction: z.enum(['asc', 'desc']).catch('desc'),
  cursor: listCursor,
});
export type PipelineFilter = z.output<typeof filterSchema>;

/** Parses the filter of the opportunity table from a URL. Invalid values count as absent. */
export function parsePipelineFilter(params: URLSearchParams): PipelineFilter {
  return filterSchema.parse(Object.fromEntries(params));
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
      const { rows: stages, sums } = await readStages(tx, tenant.id, period, now);
      const { stuck, ...rest } = filter;
      // Stuck opportunities are counted and listed whatever their creation date.
      const page = await selectOpportunityPage(
        tx,
        tenant.id,
        stuck ? allTime : period,
        { ...rest, stuckSince: stuck ? computeStuckSince(now) : undefined },
        pageSize,
      );
      const rows = page.rows.map(({ sortValue: _sortValue, ...row }) => row);
      const shown = stages.filter(
        ({ stage }) => filter.stage === undefined || stage === filter.stage,
      );
      const total = shown.reduce((sum, stage) => sum + (stuck ? stage.stuck : stage.count), 0);
      const opportunities = { ...page, rows, total, totalIsFloor: false };
      return { ...toPipelineFigures(period, sums), stages, opportunities };
    },
    { mayLag: true },
  );
}

/** Computes the key figures of the opportunities of a period. */
export function toPipelineFigures(period: Period, sums: StageSums[]) {
  const sumField = (field: 'value' | 'valued' | 'previousValue' | 'previousValued') =>
    sums.reduce((total, row) => total + row[field], 0);
  const [value, valued, previousValue, previousValued] = [
    sumField('value'),
    sumField('valued'),
    sumField('previousValue'),
    sumField('previousValued'),
  ];
  return {
    totalValue: toFigure(period, value, previousValue),
    stageCount: toFigure(
      period,
      sums.filter(({ count }) => count > 0).length,
      sums.filter(({ previousCount }) => previousCount > 0).length,
    ),
    averageDeal: toFigure(
      period,
      valued === 0 ? 0 : value / valued,
      previousValued === 0 ? 0 : previousValue / previousValued,
    ),
  };
}
