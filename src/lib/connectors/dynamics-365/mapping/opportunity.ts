import type { OpportunityRecord } from '../../../records/opportunity.ts';
import { RecordRejected } from '../../contract/source.ts';
import { labelOf, moneyOf, numberOf, rowOf, textOf, timesOf, type Row } from './values.ts';

const OUTCOMES: Record<number, OpportunityRecord['outcome']> = { 0: 'open', 1: 'won', 2: 'lost' };
/** Dynamics 365 does not count franchise units: each deal is one. */
const UNITS = 1;

/** A deal of Dynamics 365. */
export function mapOpportunity(item: unknown): OpportunityRecord {
  const row = rowOf(item, 'opportunityid');
  const outcome = OUTCOMES[numberOf(row, 'statecode') ?? 0];
  if (outcome === undefined)
    throw new RecordRejected(
      'The state of the opportunity is neither open, won nor lost.',
      'statecode',
    );
  return {
    externalId: row.id,
    ...timesOf(row),
    name: textOf(row, 'name') ?? 'Unnamed opportunity',
    company: labelOf(row, '_customerid_value') ?? labelOf(row, '_parentaccountid_value'),
    source: null,
    stage: stageOf(row, outcome),
    outcome,
    // What was agreed in the end counts for a deal that is won; until then, what is hoped for.
    value:
      (outcome === 'won' ? moneyOf(row, 'actualvalue') : null) ?? moneyOf(row, 'estimatedvalue'),
    market: null,
    units: UNITS,
    franchiseFee: null,
    likelyPct: likelihoodOf(row, outcome),
  };
}

/**
 * The step of the customer's own sales process, else the stage that every environment has; a
 * decided deal stands where its status says.
 */
function stageOf(row: Row, outcome: OpportunityRecord['outcome']): string {
  const status = labelOf(row, 'statuscode') ?? labelOf(row, 'statecode');
  if (outcome !== 'open') return status ?? (outcome === 'won' ? 'Won' : 'Lost');
  return textOf(row, 'stepname') ?? labelOf(row, 'salesstage') ?? status ?? 'Open';
}

function likelihoodOf(row: Row, outcome: OpportunityRecord['outcome']): number {
  if (outcome !== 'open') return outcome === 'won' ? 100 : 0;
  return Math.min(Math.max(numberOf(row, 'closeprobability') ?? 0, 0), 100);
}
