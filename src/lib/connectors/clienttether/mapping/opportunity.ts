import type { OpportunityRecord } from '../../../records/opportunity.ts';
import type { MapContext } from '../../contract/source.ts';
import { customField, readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { stageFacts, stageName, type StageFacts } from '../stages.ts';
import { amountOf, choiceOf, countOf, dateOf, percentOf, personOf } from '../values.ts';
import { idOf, sourceLabel } from './shared.ts';

/** An opportunity that does not say how many units it is about is about one. */
const UNITS_WHEN_BLANK = 1;

/** An opportunity, with what the hot list shows taken from the fields that the settings name. */
export function mapOpportunity(
  item: unknown,
  { settings }: MapContext<ClientTetherSettings>,
): OpportunityRecord {
  const opportunity = readItem('opportunity', item);
  const field = (name: keyof ClientTetherSettings['fields']) =>
    customField(item, settings.fields[name]);
  const stage = stageName(opportunity.contact_sales_cycle);
  const facts = stageFacts(stage, settings);
  const company = choiceOf(opportunity.compName);
  return {
    externalId: idOf(opportunity.opportunity_id, 'opportunity'),
    sourceCreatedAt: dateOf(opportunity.created, 'created', settings.timeZone),
    sourceUpdatedAt: dateOf(
      opportunity.last_modified_date,
      'last_modified_date',
      settings.timeZone,
    ),
    name: personOf(opportunity.firstName, opportunity.lastName) ?? company ?? 'Unnamed opportunity',
    company,
    source: sourceLabel(opportunity.contact_lead_source, settings),
    stage,
    outcome: facts.outcome,
    value: amountOf(opportunity.deal_size),
    market: choiceOf(field('market')),
    units: countOf(field('units')) ?? UNITS_WHEN_BLANK,
    franchiseFee: amountOf(field('franchiseFee')),
    likelyPct: likelihood(field('likelihood'), facts),
  };
}

/** What a person estimated counts while the deal is open; a decided deal is certain. */
function likelihood(estimate: string | null, { outcome, likelyPct }: StageFacts): number {
  return outcome === 'open' ? (percentOf(estimate) ?? likelyPct) : likelyPct;
}
