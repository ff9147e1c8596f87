import type { LeadRecord } from '../../../records/lead.ts';
import type { MapContext } from '../../contract/source.ts';
import { readItem } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { stageFacts, stageName } from '../stages.ts';
import { amountOf, choiceOf, dateOf, personOf, plainTextOf } from '../values.ts';
import { idOf, sourceLabel } from './shared.ts';

/** A client of ClientTether as a lead. */
export function mapLead(item: unknown, { settings }: MapContext<ClientTetherSettings>): LeadRecord {
  const lead = readItem('lead', item);
  const status = stageName(lead.clients_sales_cycle);
  const company = choiceOf(lead.compName);
  const email = choiceOf(lead.email);
  return {
    externalId: idOf(lead.client_id, 'lead'),
    sourceCreatedAt: dateOf(lead.created, 'created', settings.timeZone),
    sourceUpdatedAt: dateOf(lead.last_modified_date, 'last_modified_date', settings.timeZone),
    name: personOf(lead.firstName, lead.lastName) ?? company ?? email ?? 'Unnamed lead',
    company,
    email,
    phone: choiceOf(lead.phone),
    city: choiceOf(lead.city),
    state: choiceOf(lead.state),
    source: sourceLabel(lead.clients_lead_source, settings),
    status,
    qualified: stageFacts(status, settings).likelyPct >= settings.qualifyingPct,
    dealValue: amountOf(lead.deal_size),
    assignedTo: personOf(lead.assigned_user),
    summary: lead.whiteboard === null ? null : plainTextOf(lead.whiteboard) || null,
  };
}
