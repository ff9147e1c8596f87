import type { OpportunityRecord } from '../../../records/opportunity.ts';
import type { StageRecord } from '../../../records/stage.ts';
import { RecordRejected, type MapContext } from '../../contract/source.ts';
import { toAmount } from '../../../conversion/values/amount.ts';
import { readItem, type Item } from '../item.ts';
import { stageSchema } from '../stages.ts';
import { readLabel, readNumber, readText, readTimes } from './values.ts';

type Outcome = OpportunityRecord['outcome'];

/** HubSpot has no franchise units, so each deal counts as one. */
const UNITS = 1;

/** Maps a deal. The value is in the currency of the account where HubSpot has converted it. */
export function mapDeal(value: unknown): OpportunityRecord {
  const item = readItem(value);
  const { id, properties, about } = item;
  const outcome = readOutcome(item);
  return {
    externalId: id,
    ...readTimes(item),
    name: readText(properties, 'dealname') ?? 'Unnamed deal',
    company: readText(about.related?.companies, 'name'),
    source: readLabel(item, 'hs_analytics_source'),
    stage: about.stage?.name ?? readText(properties, 'dealstage') ?? 'No stage',
    outcome,
    value:
      toAmount(readText(properties, 'amount_in_home_currency')) ??
      toAmount(readText(properties, 'amount')),
    market: null,
    units: UNITS,
    franchiseFee: null,
    likelyPct: outcome === 'open' ? readLikelihood(item) : toPercent(Number(outcome === 'won')),
  };
}

/** What the deal says of itself, else what its stage says. */
function readOutcome({ properties, about }: Item): Outcome {
  const isWon = readFlag(properties['hs_is_closed_won']);
  const isClosed = readFlag(properties['hs_is_closed']);
  if (isWon === true) return 'won';
  if (isClosed !== undefined) return isClosed ? 'lost' : 'open';
  return toOutcome(about.stage?.metadata ?? {});
}

const readFlag = (text: string | undefined): boolean | undefined =>
  text === 'true' || text === 'false' ? text === 'true' : undefined;

/** A stage that closes a deal wins it when its probability is 1. */
function toOutcome(metadata: Readonly<Record<string, string>>): Outcome {
  const probability = readNumber({ properties: metadata }, 'probability');
  const isClosed = readFlag(metadata['isClosed']?.toLowerCase());
  if (isClosed === false || probability === null) return 'open';
  if (probability >= 1) return 'won';
  return isClosed === true || probability <= 0 ? 'lost' : 'open';
}

function readLikelihood(item: Item): number {
  const own = readNumber(item, 'hs_deal_stage_probability');
  const metadata = item.about.stage?.metadata ?? {};
  return toPercent(own ?? readNumber({ properties: metadata }, 'probability') ?? 0);
}

/** HubSpot keeps probabilities from 0 to 1. */
const toPercent = (probability: number): number => Math.min(Math.max(probability * 100, 0), 100);

/** Maps a stage of a pipeline of deals. */
export function mapStage(
  value: unknown,
  { index }: Pick<MapContext<unknown>, 'index'>,
): StageRecord {
  const stage = stageSchema.safeParse(value).data;
  if (stage === undefined) throw new RecordRejected('The stage arrived without an id.', 'id');
  return {
    externalId: stage.id,
    name: stage.name,
    active: stage.active,
    position: index,
    outcome: toOutcome(stage.metadata),
    likelyPct: toPercent(readNumber({ properties: stage.metadata }, 'probability') ?? 0),
  };
}
