import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation, ItemContext } from '../../contract/source.ts';
import { constant, fact, line, lineOr, oneLine, percentage } from '../../kit/mapping.ts';
import type { SalesforceSettings } from '../settings.ts';
import { readOutcome } from './outcome.ts';
import { amount, parseRow, times } from './values.ts';

/** Salesforce has no franchise units, so each deal counts as one. */
const UNITS = 1;

export function interpretOpportunity(item: unknown): Interpretation<'opportunity'> {
  const row = parseRow(item);
  return { keys: { externalId: row.id }, facts: readOutcome(row) };
}

export const opportunityMapping = ({
  currency,
}: Pick<ItemContext<SalesforceSettings>, 'currency'>): MappingSchema => [
  lineOr('name', 'Name', 'Unnamed opportunity'),
  line('company', 'Account.Name'),
  line('source', 'LeadSource'),
  stage,
  fact('outcome', 'outcome'),
  amount('value', 'Amount', currency),
  constant('units', UNITS),
  percentage('likelyPct', ['@closedPct', 'Probability']),
  ...times,
];

/** The outcome stands in for a stage that the user may not read. */
const stage: FieldSchema = {
  target: 'stage',
  sources: ['StageName', '@outcome'],
  steps: [{ fn: 'by-position', args: { steps: [oneLine, [{ fn: 'label' }]] } }, { fn: 'coalesce' }],
  fallback: 'Open',
};
