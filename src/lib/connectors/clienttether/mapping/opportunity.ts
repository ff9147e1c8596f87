import type { OpportunityRecord } from '../../../records/opportunity.ts';
import type { MapContext } from '../../contract/source.ts';
import { readCustomField, readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { lookUpStage, toStageName, type StageFacts } from '../stages.ts';
import {
  parseAmount,
  parseChoice,
  parseCount,
  parseDate,
  parsePercent,
  formatPersonName,
} from '../values.ts';
import { requireId, toSourceLabel } from './shared.ts';

/** An opportunity that does not say how many units it is about is about one. */
const UNITS_WHEN_BLANK = 1;

/** An opportunity, with what the hot list shows taken from the fields that the settings name. */
export function mapOpportunity(
  item: unknown,
  { settings }: MapContext<ClientTetherSettings>,
): OpportunityRecord {
  const opportunity = readItem('opportunity', item);
  const field = (name: keyof ClientTetherSettings['fields']) =>
    readCustomField(item, settings.fields[name]);
  const stage = toStageName(opportunity.contact_sales_cycle);
  const facts = lookUpStage(stage, settings);
  const company = parseChoice(opportunity.compName);
  return {
    externalId: requireId(opportunity.opportunity_id, 'opportunity'),
    sourceCreatedAt: parseDate(opportunity.created, 'created', settings.timeZone),
    sourceUpdatedAt: parseDate(
      opportunity.last_modified_date,
      'last_modified_date',
      settings.timeZone,
    ),
    name:
      formatPersonName(opportunity.firstName, opportunity.lastName) ??
      company ??
      'Unnamed opportunity',
    company,
    source: toSourceLabel(opportunity.contact_lead_source, settings),
    stage,
    outcome: facts.outcome,
    value: parseAmount(opportunity.deal_size),
    market: parseChoice(field('market')),
    units: parseCount(field('units')) ?? UNITS_WHEN_BLANK,
    franchiseFee: parseAmount(field('franchiseFee')),
    likelyPct: toLikelihood(field('likelihood'), facts),
  };
}

/** What a person estimated counts while the deal is open; a decided deal is certain. */
function toLikelihood(estimate: string | null, { outcome, likelyPct }: StageFacts): number {
  return outcome === 'open' ? (parsePercent(estimate) ?? likelyPct) : likelyPct;
}
