import { z } from 'zod';
import type { Pipeline, PipelineStage } from './answers.ts';
import { compareText } from './order.ts';

export const stageSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  pipelineId: z.string(),
  active: z.boolean(),
  /** Such as `probability` and `isClosed` of stages of deals. */
  metadata: z.record(z.string(), z.string()),
});
/** A stage with the name under which it is shown. */
export type NamedStage = z.output<typeof stageSchema>;

/**
 * All stages in the order of the account. Names of stages are unique within a pipeline only, so
 * where there is more than one, the name of the pipeline comes first.
 */
export function nameStages(pipelines: readonly Pipeline[]): NamedStage[] {
  const isOnlyOne = pipelines.length < 2;
  return [...pipelines].toSorted(byOrder).flatMap((pipeline) =>
    [...pipeline.stages].toSorted(byOrder).map((stage) => ({
      id: stage.id,
      name: isOnlyOne ? labelOf(stage) : `${labelOf(pipeline)}: ${labelOf(stage)}`,
      pipelineId: pipeline.id,
      active: stage.archived !== true && pipeline.archived !== true,
      metadata: toTexts(stage.metadata ?? {}),
    })),
  );
}

const labelOf = ({ id, label }: { id: string; label: string }): string => label.trim() || id;

/** Equal places are in alphabetical order, as the documentation says. */
const byOrder = (
  one: Pick<PipelineStage, 'displayOrder' | 'label'>,
  other: Pick<PipelineStage, 'displayOrder' | 'label'>,
): number => one.displayOrder - other.displayOrder || compareText(one.label, other.label);

/** Values as text; those that are none are left out. */
export function toTexts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    const text = toText(value);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries.toSorted(([one], [other]) => compareText(one, other)));
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
