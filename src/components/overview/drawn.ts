import type { OverviewView, Pipeline, StageRow } from '#lib/views/types.ts';

/** A pipeline as far as its bars go. */
export interface PipelineBars extends Omit<Pipeline, 'stages'> {
  stages: Omit<StageRow, 'daysInStage'>[];
}

/** What the dashboard draws. */
export interface DrawnOverview extends Omit<OverviewView, 'pipelines'> {
  pipelines: PipelineBars[];
}

/**
 * Leaves out how long candidates have been in their stage: it differs at each moment, and the
 * dashboard, which does not tell it, would never be the same as before.
 */
export const toDrawn = (view: OverviewView): DrawnOverview => ({
  ...view,
  pipelines: view.pipelines.map(({ stages, ...pipeline }) => ({
    ...pipeline,
    stages: stages.map(({ daysInStage: _daysInStage, ...stage }) => stage),
  })),
});
