import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import { RecordRejected, type Interpretation } from '../../contract/source.ts';
import { fact, line } from '../../kit/mapping.ts';
import { stageSchema } from '../stages.ts';
import { toOutcome, toProbability } from './outcome.ts';
import { readNumber, toPercent } from './values.ts';

/** A stage of a pipeline of deals, and the probability (0 to 1) that its deals are won. */
export function interpretStage(item: unknown): Interpretation<'stage'> {
  const stage = stageSchema.safeParse(item).data;
  if (stage === undefined) throw new RecordRejected('The stage arrived without an id.', 'id');
  return {
    keys: { externalId: stage.id },
    facts: {
      outcome: toOutcome(stage.metadata),
      probability: toProbability(readNumber(stage.metadata, 'probability')),
    },
  };
}

export const stageMapping = (): MappingSchema => [
  line('name', ['name', 'id']),
  { target: 'active', sources: ['active'], steps: [{ fn: 'boolean' }] },
  fact('position', 'index'),
  fact('outcome', 'outcome'),
  fact('likelyPct', 'probability', toPercent),
];
