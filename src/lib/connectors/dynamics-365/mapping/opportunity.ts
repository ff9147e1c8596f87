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

/** By `statecode`. */
const OUTCOMES: Record<number, OpportunityRecord['outcome']> = { 0: 'open', 1: 'won', 2: 'lost' };
const OPEN = 0;
/** Dynamics 365 has no franchise units, so each deal counts as one. */
const UNITS = 1;

/** Maps a deal of Dynamics 365. */
export function mapOpportunity(item: unknown): OpportunityRecord {
  const row = parseRow(item, 'opportunityid');
  // A state that cannot be read would count a lost deal as open, so it is not taken for absent.
  const state = row['statecode'] ?? OPEN;
  const outcome = typeof state === 'number' ? OUTCOMES[state] : undefined;
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
    // The actual value once a deal is won, the estimated value until then.
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
 * The step in the customer's own sales process, else the standard stage. For a decided deal it is
 * the status.
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
