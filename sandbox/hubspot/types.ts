export const TYPES = [
  'contacts',
  'companies',
  'deals',
  'leads',
  'notes',
  'tasks',
  'meetings',
  'p4411_sites',
] as const;
export type TypeName = (typeof TYPES)[number];

interface Option {
  label: string;
  value: string;
}

export interface PropertySpec {
  name: string;
  /** What people call it. Default: the name. */
  label?: string;
  kind: 'text' | 'number' | 'time' | 'choice' | 'flag';
  options?: readonly Option[];
  isCustom?: true;
  /** No two objects have the same value. */
  isUnique?: boolean;
  /** HubSpot fills it itself. */
  isReadOnly?: true;
}

export interface ObjectSpec {
  type: TypeName;
  /** As in the names of associations. */
  singular: string;
  typeId: string;
  /** The property with the time of the last change. */
  changedAt: string;
  createdAt: string;
  /** What a search shows unless it is asked for something else. */
  shown: readonly string[];
  properties: readonly PropertySpec[];
}

const text = (...names: string[]): PropertySpec[] => names.map((name) => ({ name, kind: 'text' }));
const numbers = (...names: string[]): PropertySpec[] =>
  names.map((name) => ({ name, kind: 'number' }));
const times = (...names: string[]): PropertySpec[] => names.map((name) => ({ name, kind: 'time' }));
const choice = (name: string, options: Record<string, string>): PropertySpec => ({
  name,
  kind: 'choice',
  options: Object.entries(options).map(([value, label]) => ({ value, label })),
});

const system = [...numbers('hs_object_id'), ...text('hubspot_owner_id', 'hs_merged_object_ids')];
const dates = times('createdate', 'hs_createdate', 'hs_lastmodifieddate');
const source = choice('hs_analytics_source', {
  ORGANIC_SEARCH: 'Organic Search',
  PAID_SEARCH: 'Paid Search',
  REFERRALS: 'Referrals',
  DIRECT_TRAFFIC: 'Direct Traffic',
  OFFLINE: 'Offline Sources',
});

const specs: readonly ObjectSpec[] = [
  {
    type: 'contacts',
    singular: 'contact',
    typeId: '0-1',
    changedAt: 'lastmodifieddate',
    createdAt: 'createdate',
    shown: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
    properties: [
      ...system,
      ...times('createdate', 'lastmodifieddate', 'hs_lifecyclestage_lead_date'),
      ...text('firstname', 'lastname', 'email', 'phone', 'mobilephone', 'company', 'website'),
      ...text('city', 'state', 'jobtitle', 'message'),
      ...numbers('associatedcompanyid'),
      { name: 'hs_email_domain', kind: 'text', isReadOnly: true },
      choice('lifecyclestage', {
        subscriber: 'Subscriber',
        lead: 'Lead',
        marketingqualifiedlead: 'Marketing Qualified Lead',
        salesqualifiedlead: 'Sales Qualified Lead',
        opportunity: 'Opportunity',
        customer: 'Customer',
        evangelist: 'Evangelist',
        other: 'Other',
      }),
      choice('hs_lead_status', {
        NEW: 'New',
        OPEN: 'Open',
        IN_PROGRESS: 'In Progress',
        OPEN_DEAL: 'Open Deal',
        UNQUALIFIED: 'Unqualified',
        CONNECTED: 'Connected',
      }),
      source,
    ],
  },
  {
    type: 'companies',
    singular: 'company',
    typeId: '0-2',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'createdate',
    shown: ['name', 'domain', 'createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    properties: [
      ...system,
      ...dates,
      ...text('name', 'domain', 'website', 'phone', 'city', 'country'),
      ...numbers('numberofemployees', 'annualrevenue'),
      choice('industry', {
        COMPUTER_SOFTWARE: 'Computer Software',
        LOGISTICS_AND_SUPPLY_CHAIN: 'Logistics and Supply Chain',
        FOOD_BEVERAGES: 'Food & Beverages',
      }),
    ],
  },
  {
    type: 'deals',
    singular: 'deal',
    typeId: '0-3',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'createdate',
    shown: [
      'dealname',
      'amount',
      'closedate',
      'pipeline',
      'dealstage',
      'createdate',
      'hs_lastmodifieddate',
      'hs_object_id',
    ],
    properties: [
      ...system,
      ...dates,
      ...text('dealname', 'dealstage', 'pipeline', 'dealtype', 'deal_currency_code'),
      ...numbers('amount', 'amount_in_home_currency', 'hs_deal_stage_probability'),
      ...times('closedate'),
      { name: 'hs_is_closed', kind: 'flag' },
      { name: 'hs_is_closed_won', kind: 'flag' },
      source,
    ],
  },
  {
    type: 'leads',
    singular: 'lead',
    typeId: '0-136',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'hs_createdate',
    shown: ['createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    properties: [
      ...system,
      ...dates,
      ...text('hs_lead_name', 'hs_pipeline', 'hs_pipeline_stage', 'hs_lead_source'),
      ...numbers('hs_primary_contact_id'),
      ...text('hs_associated_contact_firstname', 'hs_associated_contact_lastname'),
      ...text('hs_associated_contact_email', 'hs_associated_company_name'),
      choice('hs_lead_type', { NEW_BUSINESS: 'New business', UPSELL: 'Upsell' }),
      choice('hs_lead_label', { HOT: 'Hot', WARM: 'Warm', COLD: 'Cold' }),
    ],
  },
  {
    type: 'notes',
    singular: 'note',
    typeId: '0-46',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'hs_createdate',
    shown: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    properties: [
      ...system,
      ...dates,
      ...times('hs_timestamp'),
      ...text('hs_note_body', 'hs_attachment_ids'),
    ],
  },
  {
    type: 'tasks',
    singular: 'task',
    typeId: '0-27',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'hs_createdate',
    shown: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    properties: [
      ...system,
      ...dates,
      ...times('hs_timestamp', 'hs_task_completion_date'),
      ...text('hs_task_subject', 'hs_task_body'),
      choice('hs_task_status', { NOT_STARTED: 'Not started', COMPLETED: 'Completed' }),
      choice('hs_task_priority', { NONE: 'None', HIGH: 'High' }),
      choice('hs_task_type', { TODO: 'To-do', CALL: 'Call', EMAIL: 'Email' }),
    ],
  },
  {
    type: 'meetings',
    singular: 'meeting',
    typeId: '0-47',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'hs_createdate',
    shown: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    properties: [
      ...system,
      ...dates,
      ...times('hs_timestamp', 'hs_meeting_start_time', 'hs_meeting_end_time'),
      ...text('hs_meeting_title', 'hs_meeting_body'),
      choice('hs_meeting_outcome', {
        SCHEDULED: 'Scheduled',
        COMPLETED: 'Completed',
        NO_SHOW: 'No show',
      }),
    ],
  },
  {
    type: 'p4411_sites',
    singular: 'sites',
    typeId: '2-3465404',
    changedAt: 'hs_lastmodifieddate',
    createdAt: 'hs_createdate',
    shown: ['hs_createdate', 'hs_lastmodifieddate', 'hs_object_id'],
    properties: [
      ...system,
      ...dates,
      { name: 'site_name', label: 'Site name', kind: 'text', isCustom: true },
      { name: 'town', label: 'City', kind: 'text', isCustom: true },
      { name: 'contact_email', label: 'E-mail', kind: 'text', isCustom: true },
      { name: 'deal_size', label: 'Deal size', kind: 'number', isCustom: true },
      {
        ...choice('site_stage', { scouted: 'Scouted', signed: 'Signed' }),
        label: 'Stage',
        isCustom: true,
      },
    ],
  },
];

/** Types that only accounts have that have defined them. */
export const CUSTOM_TYPES: readonly TypeName[] = ['p4411_sites'];

/** The objects of every account, by the name, the singular or the id of their type. */
const byName = new Map(
  specs.flatMap((spec) => [spec.type, spec.singular, spec.typeId].map((name) => [name, spec])),
);

export const findType = (name: string): ObjectSpec | undefined => byName.get(name);

export function getType(type: TypeName): ObjectSpec {
  const found = byName.get(type);
  if (found === undefined) throw new Error(`no type ${type}`);
  return found;
}

/** Ids of associations with the primary company, by the types on both ends. */
export const PRIMARY_IDS: Readonly<Record<string, number>> = {
  'contacts/companies': 1,
  'deals/companies': 5,
};

/** Ids of associations without a label. Those of leads are made up. */
export const UNLABELLED_IDS: Readonly<Record<string, number>> = {
  'contacts/companies': 279,
  'companies/contacts': 280,
  'deals/contacts': 3,
  'contacts/deals': 4,
  'deals/companies': 341,
  'companies/deals': 342,
  'notes/contacts': 202,
  'notes/companies': 190,
  'notes/deals': 214,
  'tasks/contacts': 204,
  'tasks/companies': 192,
  'tasks/deals': 216,
  'meetings/contacts': 200,
};
