import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Json } from '../../../conversion/transformations/kit/value.ts';
import type { OpportunityRecord } from '../../../records/opportunity.ts';
import { RecordRejected, type Interpretation } from '../../contract/source.ts';
import { constant, fact, line, lineOr, percentage } from '../../kit/mapping.ts';
import { amount, amountPaths, labelPath, parseRow, readLabel, times, type Row } from './values.ts';

type Outcome = OpportunityRecord['outcome'];

/** By `statecode`. */
const OUTCOMES: Record<number, Outcome> = { 0: 'open', 1: 'won', 2: 'lost' };
const OPEN = 0;
/** Dynamics 365 has no franchise units, so each deal counts as one. */
const UNITS = 1;

/**
 * Facts of a deal: its `outcome`; of one that is decided also `closedAs`, which is its status, and
 * `closedPct`, 100 or 0; of one that is won also `actualValue`.
 */
export function interpretOpportunity(item: unknown): Interpretation<'opportunity'> {
  const row = parseRow(item, 'opportunityid');
  const outcome = readOutcome(row);
  return {
    keys: { externalId: row.id },
    facts: {
      outcome,
      ...(outcome !== 'open' && {
        closedAs: readStatus(row) ?? (outcome === 'won' ? 'Won' : 'Lost'),
        closedPct: outcome === 'won' ? 100 : 0,
      }),
      ...(outcome === 'won' && { actualValue: readActualValue(row) }),
    },
  };
}

/** A state that cannot be read would count a lost deal as open, so it is not taken for absent. */
function readOutcome(row: Row): Outcome {
  const state = row['statecode'] ?? OPEN;
  const outcome = typeof state === 'number' ? OUTCOMES[state] : undefined;
  if (outcome !== undefined) return outcome;
  throw new RecordRejected(
    'The state of the opportunity is neither open, won nor lost.',
    'statecode',
  );
}

const readStatus = (row: Row): string | null =>
  readLabel(row, 'statuscode') ?? readLabel(row, 'statecode');

/** As received, in the currency of the organisation where that is known. */
const readActualValue = (row: Row): Json =>
  (row['actualvalue_base'] ?? row['actualvalue'] ?? null) as Json;

/**
 * The stage of an open deal is the step in the customer's own sales process, else the standard
 * stage.
 */
export const opportunityMapping = (): MappingSchema => [
  lineOr('name', 'name', 'Unnamed opportunity'),
  line('company', [labelPath('_customerid_value'), labelPath('_parentaccountid_value')]),
  lineOr(
    'stage',
    [
      '@closedAs',
      'stepname',
      labelPath('salesstage'),
      labelPath('statuscode'),
      labelPath('statecode'),
    ],
    'Open',
  ),
  fact('outcome', 'outcome'),
  amount('value', ['@actualValue', ...amountPaths('estimatedvalue')]),
  constant('units', UNITS),
  percentage('likelyPct', ['@closedPct', 'closeprobability']),
  ...times,
];
