import { capitalize } from '#lib/platform/capitalize.ts';
import { getProviderLabel } from '#lib/posture/mx/providers.ts';
import { shownFields } from '#lib/records/fields.ts';
import { leadFields } from '#lib/records/lead.ts';
import type { LeadDetail } from '#lib/views/lead.ts';
import { dateTime, exactMoney, nothing } from '../ui/format.ts';
import { formatField, type FieldLocale } from './field-value.ts';

/** The facts of a lead in the order of its panel: term and value, null where there is none. */
export function listLeadFacts(lead: LeadDetail, locale: FieldLocale): [string, string | null][] {
  const at = (time: Date | null) => (time === null ? nothing : dateTime(time, locale.timeZone));
  return [
    ['Company', lead.company],
    ['Value', lead.value === null ? null : exactMoney(lead.value, locale.currency)],
    ['Source', lead.source],
    ...listFieldFacts(lead, locale),
    ['Location', [lead.city, lead.state].filter(Boolean).join(', ') || null],
    ['Mail provider', lead.mailProvider === null ? null : getProviderLabel(lead.mailProvider)],
    ['Company size', lead.tenantSize && capitalize(lead.tenantSize)],
    ['Created', at(lead.createdAt)],
    ['Updated', at(lead.updatedAt)],
    ['First synced', at(lead.firstSeenAt)],
    ['System', lead.system],
    [`${lead.system} id`, lead.externalId],
  ];
}

const listFieldFacts = (lead: LeadDetail, locale: FieldLocale): [string, string][] =>
  shownFields(leadFields, 'list')
    .filter(({ field }) => field.fact === true)
    .map((shown) => [shown.field.label, formatField(shown, lead, locale)]);
