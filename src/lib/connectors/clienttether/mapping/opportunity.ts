import type { OpportunityRecord } from '../../../records/opportunity.ts';
import type { MapContext } from '../../contract/source.ts';
import { parseAmount } from '../../../conversion/values/amount.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { readCustomField, readItem, readValue } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { lookUpStage, toStageName, type StageFacts } from '../stages.ts';
import { parseChoice, parseCount, parsePercent, formatPersonName } from '../values.ts';
import { requireId, toSourceLabel } from './shared.ts';

/** Units of an opportunity whose field is blank. */
const UNITS_WHEN_BLANK = 1;

/** Maps an opportunity; the settings name the fields that the hot list needs. */
export function mapOpportunity(
  item: unknown,
  { settings, currency }: MapContext<ClientTetherSettings>,
): OpportunityRecord {
  const deal = readItem('opportunity', item);
  const stage = toStageName(deal.contact_sales_cycle);
  const facts = lookUpStage(stage, settings);
  const company = parseChoice(deal.compName);
  return {
    externalId: requireId(deal.opportunity_id, 'opportunity'),
    sourceCreatedAt: parseDateTime(deal.created, settings.timeZone),
    sourceUpdatedAt: parseDateTime(deal.last_modified_date, settings.timeZone),
    name: formatPersonName(deal.firstName, deal.lastName) ?? company ?? 'Unnamed opportunity',
    company,
    source: toSourceLabel(deal.contact_lead_source, settings),
    stage,
    outcome: facts.outcome,
    value: parseAmount(readValue(item, 'deal_size'), currency),
    ...hotListFields(item, settings, facts, currency),
  };
}

function hotListFields(
  item: unknown,
  { fields }: ClientTetherSettings,
  facts: StageFacts,
  currency: string,
): Pick<OpportunityRecord, 'market' | 'units' | 'franchiseFee' | 'likelyPct'> {
  return {
    market: parseChoice(readCustomField(item, fields.market)),
    units: parseCount(readCustomField(item, fields.units)) ?? UNITS_WHEN_BLANK,
    franchiseFee: parseAmount(readValue(item, fields.franchiseFee), currency),
    likelyPct: toLikelihood(readCustomField(item, fields.likelihood), facts),
  };
}

/** A person's estimate applies while the deal is open; once decided, the outcome is certain. */
function toLikelihood(estimate: string | null, { outcome, likelyPct }: StageFacts): number {
  return outcome === 'open' ? (parsePercent(estimate) ?? likelyPct) : likelyPct;
}
