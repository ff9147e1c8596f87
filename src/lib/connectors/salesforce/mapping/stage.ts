import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { fact, firstOf, lineOr, orElse, percentage } from '../../kit/mapping.ts';
import { readOutcome } from './outcome.ts';
import { parseRow } from './values.ts';

const MAX_POSITION = 100_000;

export function interpretStage(item: unknown): Interpretation<'stage'> {
  const row = parseRow(item);
  return { keys: { externalId: row.id }, facts: readOutcome(row) };
}

/**
 * Opportunities hold the name by which programs know a stage, which stays the same when people
 * rename its label, so that is its name here.
 */
export const stageMapping = (): MappingSchema => [
  lineOr('name', ['ApiName', 'MasterLabel'], 'Unnamed stage'),
  orElse(firstOf('active', 'IsActive', [{ fn: 'boolean' }]), true),
  firstOf(
    'position',
    ['SortOrder', '@index'],
    [{ fn: 'number-parse' }, { fn: 'round' }, { fn: 'clamp', args: { min: 0, max: MAX_POSITION } }],
  ),
  fact('outcome', 'outcome'),
  percentage('likelyPct', ['@closedPct', 'DefaultProbability']),
];
