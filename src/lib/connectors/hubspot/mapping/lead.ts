import type { LeadRecord } from '../../../records/lead.ts';
import type { MapContext } from '../../contract/source.ts';
import { readItem, type Item } from '../item.ts';
import { leads } from '../objects.ts';
import { readOurId } from '../../kit/destination.ts';
import { OUR_KEY } from '../our-key.ts';
import type { HubSpotSettings } from '../settings.ts';
import { readLabel, readPersonName, readRichText, readText, readTimes } from './values.ts';

/** Maps a contact that is a lead. Its status is the lead status, else the lifecycle stage. */
export function mapContactLead(
  value: unknown,
  { settings }: Pick<MapContext<HubSpotSettings>, 'settings'>,
): LeadRecord {
  const item = readItem(value);
  const { properties, about } = item;
  return {
    ...readPerson(item, properties),
    externalId: item.id,
    mirrorOf: readOurId(properties, OUR_KEY),
    source: readLabel(item, 'hs_analytics_source'),
    status: readLabel(item, 'hs_lead_status') ?? readLabel(item, 'lifecyclestage') ?? 'New Lead',
    qualified: settings.qualifiedStages.includes(properties['lifecyclestage'] ?? ''),
    assignedTo: about.owner ?? null,
    summary: readRichText(item, 'message'),
  };
}

/**
 * The stage of a new account at which a lead is qualified, and how accounts name such stages.
 * Unconfirmed: no documentation says what marks one in an account that has changed its stages.
 */
const QUALIFIED_STAGE = 'qualified-stage-id';
const QUALIFIED_NAME = /(^|\W)qualified$/i;

/** Maps an object of the type lead, with the person that it is about. */
export function mapLead(value: unknown): LeadRecord {
  const item = readItem(value);
  const { id, properties, about } = item;
  const person = about.related?.contacts ?? {
    firstname: properties['hs_associated_contact_firstname'] ?? '',
    lastname: properties['hs_associated_contact_lastname'] ?? '',
    email: properties['hs_associated_contact_email'] ?? '',
  };
  const stage = properties['hs_pipeline_stage'] ?? '';
  const status = about.stage?.name ?? readText(properties, 'hs_pipeline_stage') ?? 'New Lead';
  const known = readPerson(item, person);
  return {
    ...known,
    externalId: `${leads.prefix}${id}`,
    name: readText(properties, 'hs_lead_name') ?? known.name,
    company: known.company ?? readText(properties, 'hs_associated_company_name'),
    source: readLabel(item, 'hs_lead_source') ?? readText(person, 'hs_analytics_source'),
    status,
    qualified: stage === QUALIFIED_STAGE || QUALIFIED_NAME.test(status),
    assignedTo: about.owner ?? null,
    summary: null,
  };
}

type Person = Omit<
  LeadRecord,
  'externalId' | 'source' | 'status' | 'qualified' | 'assignedTo' | 'summary'
>;

/** What is known of the person behind a lead. */
function readPerson(item: Item, person: Readonly<Record<string, string>>): Person {
  const email = readText(person, 'email');
  const company = readText(item.about.related?.companies, 'name') ?? readText(person, 'company');
  return {
    ...readTimes(item),
    name: readPersonName(person) ?? company ?? email ?? 'Unnamed lead',
    firstName: readText(person, 'firstname'),
    lastName: readText(person, 'lastname'),
    company,
    email,
    website: readText(person, 'website') ?? readText(item.about.related?.companies, 'domain'),
    phone: readText(person, 'phone') ?? readText(person, 'mobilephone'),
    city: readText(person, 'city'),
    state: readText(person, 'state'),
    dealValue: null,
  };
}
