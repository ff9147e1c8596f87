import type { OpportunityRecord } from '../../../records/opportunity.ts';
import type { StageRecord } from '../../../records/stage.ts';
import type { MapContext } from '../../contract/source.ts';
import type { SalesforceSettings } from '../settings.ts';
import {
  parseRow,
  readFlag,
  readMoney,
  readNumber,
  readText,
  readTimes,
  type Row,
} from './values.ts';

/** Salesforce has no franchise units, so each deal counts as one. */
const UNITS = 1;

/** Maps an opportunity of Salesforce. */
export function mapOpportunity(
  item: unknown,
  { currency }: Pick<MapContext<SalesforceSettings>, 'currency'>,
): OpportunityRecord {
  const row = parseRow(item);
  const outcome = readOutcome(row);
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readText(row, 'Name') ?? 'Unnamed opportunity',
    company: readText(row, 'Account.Name'),
    source: readText(row, 'LeadSource'),
    stage: readText(row, 'StageName') ?? STAGES[outcome],
    outcome,
    value: readMoney(row, 'Amount', currency),
    market: null,
    units: UNITS,
    franchiseFee: null,
    likelyPct: readLikelihood(row, 'Probability', outcome),
  };
}

type Outcome = OpportunityRecord['outcome'];

/** For opportunities whose stage may not be read. */
const STAGES: Record<Outcome, string> = { open: 'Open', won: 'Won', lost: 'Lost' };

/** An opportunity is won, closed in another way, or open. */
function readOutcome(row: Row): Outcome {
  if (readFlag(row, 'IsWon') === true) return 'won';
  return readFlag(row, 'IsClosed') === true ? 'lost' : 'open';
}

function readLikelihood(row: Row, field: string, outcome: Outcome): number {
  if (outcome !== 'open') return outcome === 'won' ? 100 : 0;
  return Math.min(Math.max(readNumber(row, field) ?? 0, 0), 100);
}

const MAX_POSITION = 100_000;

/**
 * Maps a stage. Opportunities hold the name by which programs know a stage, which stays the same
 * when people rename its label, so that is its name here.
 */
export function mapStage(
  item: unknown,
  { index }: Pick<MapContext<SalesforceSettings>, 'index'>,
): StageRecord {
  const row = parseRow(item);
  const outcome = readOutcome(row);
  const position = readNumber(row, 'SortOrder') ?? index;
  return {
    externalId: row.id,
    name: readText(row, 'ApiName') ?? readText(row, 'MasterLabel') ?? 'Unnamed stage',
    active: readFlag(row, 'IsActive') ?? true,
    position: Math.min(Math.max(Math.round(position), 0), MAX_POSITION),
    outcome,
    likelyPct: readLikelihood(row, 'DefaultProbability', outcome),
  };
}
