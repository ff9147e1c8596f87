import type { MappingSchema } from '../../../conversion/schema/shape.ts';
import type { Interpretation } from '../../contract/source.ts';
import { constant, fact, line, lineOr } from '../../kit/mapping.ts';
import { readItem, type Item } from '../item.ts';
import { readFlag, toOutcome, toProbability, type Outcome } from './outcome.ts';
import { amount, label, readNumber, times, toPercent } from './values.ts';

/** A deal, with its outcome and the probability (0 to 1) that it is won. */
export function interpretDeal(value: unknown): Interpretation<'opportunity'> {
  const item = readItem(value);
  const outcome = readOutcome(item);
  return {
    keys: { externalId: item.id },
    facts: {
      outcome,
      probability: outcome === 'open' ? readProbability(item) : Number(outcome === 'won'),
    },
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

const readProbability = ({ properties, about }: Item): number =>
  toProbability(
    readNumber(properties, 'hs_deal_stage_probability') ??
      readNumber(about.stage?.metadata ?? {}, 'probability'),
  );

/** HubSpot has no franchise units, so each deal counts as one. */
const units = 1;

/** The value is in the currency of the account where HubSpot has converted it. */
export const dealMapping = (): MappingSchema => [
  lineOr('name', 'properties.dealname', 'Unnamed deal'),
  line('company', 'about.related.companies.name'),
  label('source', 'hs_analytics_source'),
  lineOr('stage', ['about.stage.name', 'properties.dealstage'], 'No stage'),
  fact('outcome', 'outcome'),
  amount('value', ['properties.amount_in_home_currency', 'properties.amount']),
  constant('units', units),
  fact('likelyPct', 'probability', toPercent),
  ...times,
];
