import type { OpportunityRecord } from '../../../records/opportunity.ts';
import { RecordRejected } from '../../contract/source.ts';
import {
  readLabel,
  readMoney,
  readNumber,
  parseRow,
  readText,
  readTimes,
  type Row,
} from './values.ts';

const OUTCOMES: Record<number, OpportunityRecord['outcome']> = { 0: 'open', 1: 'won', 2: 'lost' };
/** Dynamics 365 does not count franchise units: each deal is one. */
const UNITS = 1;

/** A deal of Dynamics 365. */
export function mapOpportunity(item: unknown): OpportunityRecord {
  const row = parseRow(item, 'opportunityid');
  const outcome = OUTCOMES[readNumber(row, 'statecode') ?? 0];
  if (outcome === undefined)
    throw new RecordRejected(
      'The state of the opportunity is neither open, won nor lost.',
      'statecode',
    );
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readText(row, 'name') ?? 'Unnamed opportunity',
    company: readLabel(row, '_customerid_value') ?? readLabel(row, '_parentaccountid_value'),
    source: null,
    stage: readStage(row, outcome),
    outcome,
    // What was agreed in the end counts for a deal that is won; until then, what is hoped for.
    value:
      (outcome === 'won' ? readMoney(row, 'actualvalue') : null) ??
      readMoney(row, 'estimatedvalue'),
    market: null,
    units: UNITS,
    franchiseFee: null,
    likelyPct: readLikelihood(row, outcome),
  };
}

/**
 * The step of the customer's own sales process, else the stage that every environment has; a
 * decided deal stands where its status says.
 */
function readStage(row: Row, outcome: OpportunityRecord['outcome']): string {
  const status = readLabel(row, 'statuscode') ?? readLabel(row, 'statecode');
  if (outcome !== 'open') return status ?? (outcome === 'won' ? 'Won' : 'Lost');
  return readText(row, 'stepname') ?? readLabel(row, 'salesstage') ?? status ?? 'Open';
}

function readLikelihood(row: Row, outcome: OpportunityRecord['outcome']): number {
  if (outcome !== 'open') return outcome === 'won' ? 100 : 0;
  return Math.min(Math.max(readNumber(row, 'closeprobability') ?? 0, 0), 100);
}
