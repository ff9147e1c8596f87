import type { HubSpotSettings } from './settings.ts';
import type { Item, LinkType } from './item.ts';
import { SYSTEM, TIMES } from './properties.ts';

/** A kind of object in HubSpot, and what is read of it. */
export interface ObjectType {
  /** The name in paths. */
  type: string;
  /** The property with the time of the last change. */
  changedAt: 'lastmodifieddate' | 'hs_lastmodifieddate';
  properties: readonly string[];
  /** Those of the properties whose values are choices with labels of the account's own. */
  labelled?: readonly string[];
  /** The property with the stage, and whose pipelines it belongs to. */
  stage?: { property: string; of: 'deals' | 'leads' };
  /** Objects that it is associated with. */
  links?: readonly LinkType[];
  /** Properties that are read of the first associated object of a type. */
  related?: Partial<Record<LinkType, readonly string[]>>;
  /** What external ids begin with, where another stream feeds the same entity. */
  prefix?: string;
  /** Many accounts do not have such objects, which is no failure. */
  isOptional?: true;
  /** Whether a row is kept; absent means that every row is. */
  keeps?: (item: Item, settings: HubSpotSettings) => boolean;
}

const PERSON = ['firstname', 'lastname', 'email', 'phone', 'mobilephone'];
/** What is read of the person behind a lead. */
const LEAD_PERSON = [...PERSON, 'company', 'website', 'city', 'state', 'hs_analytics_source'];

const ACTIVITY: Pick<ObjectType, 'changedAt' | 'links' | 'related'> = {
  changedAt: 'hs_lastmodifieddate',
  links: ['leads', 'contacts', 'companies', 'deals'],
  related: {
    contacts: ['firstname', 'lastname', 'email'],
    companies: ['name'],
  },
};

const CONTACT: Pick<ObjectType, 'type' | 'changedAt' | 'properties'> = {
  type: 'contacts',
  changedAt: 'lastmodifieddate',
  properties: [
    ...SYSTEM,
    ...LEAD_PERSON,
    'createdate',
    'lastmodifieddate',
    'jobtitle',
    'associatedcompanyid',
    'lifecyclestage',
    'hs_lead_status',
    'hs_lifecyclestage_lead_date',
    'message',
  ],
};

export const companies: ObjectType = {
  type: 'companies',
  changedAt: 'hs_lastmodifieddate',
  properties: [
    ...SYSTEM,
    ...TIMES,
    'name',
    'domain',
    'website',
    'phone',
    'industry',
    'numberofemployees',
    'annualrevenue',
    'city',
    'country',
  ],
  labelled: ['industry'],
};

export const contacts: ObjectType = { ...CONTACT, links: ['companies'] };

/**
 * Contacts that are leads: those in one of the lifecycle stages of the settings, and those who were
 * leads before. Whoever has objects of the type lead is represented by these instead.
 */
export const contactLeads: ObjectType = {
  ...CONTACT,
  labelled: ['lifecyclestage', 'hs_lead_status', 'hs_analytics_source'],
  links: ['companies', 'leads'],
  related: { companies: ['name', 'domain'] },
  keeps: ({ properties, about }, { leadStages }) => {
    const stage = properties['lifecyclestage'] ?? '';
    const isLead =
      leadStages.includes(stage) || (properties['hs_lifecyclestage_lead_date'] ?? '') !== '';
    return isLead && stage !== '' && (about.links?.leads ?? []).length === 0;
  },
};

/** Objects of the type lead (0-136), which accounts with Sales Hub Professional have. */
export const leads: ObjectType = {
  type: 'leads',
  changedAt: 'hs_lastmodifieddate',
  properties: [
    ...SYSTEM,
    ...TIMES,
    'hs_lead_name',
    'hs_lead_type',
    'hs_lead_label',
    'hs_lead_source',
    'hs_pipeline',
    'hs_pipeline_stage',
    'hs_primary_contact_id',
    'hs_associated_contact_firstname',
    'hs_associated_contact_lastname',
    'hs_associated_contact_email',
    'hs_associated_company_name',
  ],
  labelled: ['hs_lead_type', 'hs_lead_label', 'hs_lead_source'],
  stage: { property: 'hs_pipeline_stage', of: 'leads' },
  links: ['contacts', 'companies'],
  related: { contacts: LEAD_PERSON, companies: ['name', 'domain'] },
  prefix: 'lead-',
  isOptional: true,
};

export const deals: ObjectType = {
  type: 'deals',
  changedAt: 'hs_lastmodifieddate',
  properties: [
    ...SYSTEM,
    ...TIMES,
    'dealname',
    'amount',
    'amount_in_home_currency',
    'deal_currency_code',
    'dealstage',
    'pipeline',
    'dealtype',
    'closedate',
    'hs_is_closed',
    'hs_is_closed_won',
    'hs_deal_stage_probability',
    'hs_analytics_source',
  ],
  labelled: ['hs_analytics_source'],
  stage: { property: 'dealstage', of: 'deals' },
  links: ['companies', 'contacts'],
  related: { companies: ['name'] },
};

export const notes: ObjectType = {
  ...ACTIVITY,
  type: 'notes',
  properties: [...SYSTEM, ...TIMES, 'hs_timestamp', 'hs_note_body', 'hs_attachment_ids'],
  related: {},
  keeps: ({ properties, about }) => {
    const isAboutSales = Object.values(about.links ?? {}).some((ids) => ids.length > 0);
    return isAboutSales && NOTE_TEXTS.some((name) => (properties[name] ?? '').trim() !== '');
  },
};

const NOTE_TEXTS = ['hs_note_body', 'hs_attachment_ids'];

export const tasks: ObjectType = {
  ...ACTIVITY,
  type: 'tasks',
  properties: [
    ...SYSTEM,
    ...TIMES,
    'hs_timestamp',
    'hs_task_subject',
    'hs_task_body',
    'hs_task_status',
    'hs_task_priority',
    'hs_task_type',
    'hs_task_completion_date',
  ],
  labelled: ['hs_task_status', 'hs_task_type'],
  prefix: 'task-',
};

export const meetings: ObjectType = {
  ...ACTIVITY,
  type: 'meetings',
  properties: [
    ...SYSTEM,
    ...TIMES,
    'hs_timestamp',
    'hs_meeting_title',
    'hs_meeting_body',
    'hs_meeting_start_time',
    'hs_meeting_end_time',
    'hs_meeting_outcome',
  ],
  labelled: ['hs_meeting_outcome'],
  prefix: 'meeting-',
};
