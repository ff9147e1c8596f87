import type { LeadRecord } from '../../../records/lead.ts';
import type { MapContext } from '../../contract/source.ts';
import { parseAmount } from '../../../conversion/values/amount.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';
import { readItem, readValue } from '../responses.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { lookUpStage, toStageName } from '../stages.ts';
import { parseChoice, formatPersonName } from '../values.ts';
import { requireId, toSourceLabel } from './shared.ts';

/** Maps a client of ClientTether to a lead. */
export function mapLead(
  item: unknown,
  { settings, currency }: MapContext<ClientTetherSettings>,
): LeadRecord {
  const lead = readItem('lead', item);
  const status = toStageName(lead.clients_sales_cycle);
  const person = formatPersonName(lead.firstName, lead.lastName);
  const company = parseChoice(lead.compName);
  const email = parseChoice(lead.email);
  return {
    externalId: requireId(lead.client_id, 'lead'),
    sourceCreatedAt: parseDateTime(lead.created, settings.timeZone),
    sourceUpdatedAt: parseDateTime(lead.last_modified_date, settings.timeZone),
    name: person ?? company ?? email ?? 'Unnamed lead',
    firstName: person === null ? null : parseChoice(lead.firstName),
    lastName: person === null ? null : parseChoice(lead.lastName),
    company,
    email,
    phone: parseChoice(lead.phone),
    city: parseChoice(lead.city),
    state: parseChoice(lead.state),
    source: toSourceLabel(lead.clients_lead_source, settings),
    status,
    qualified: lookUpStage(status, settings).likelyPct >= settings.qualifyingPct,
    dealValue: parseAmount(readValue(item, 'deal_size'), currency),
    assignedTo: formatPersonName(lead.assigned_user),
    summary: lead.whiteboard === null ? null : toPlainText(lead.whiteboard) || null,
  };
}
