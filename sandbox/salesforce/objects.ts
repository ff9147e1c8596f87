export const OBJECTS = [
  'Organization',
  'User',
  'Account',
  'Contact',
  'Lead',
  'OpportunityStage',
  'Opportunity',
  'Task',
  'Event',
  'Note',
  'ContentVersion',
  'ContentDocument',
  'ContentDocumentLink',
  'Franchise_Site__c',
] as const;
export type ObjectName = (typeof OBJECTS)[number];

/** The first three characters of ids. */
export const PREFIXES: Record<ObjectName, string> = {
  Organization: '00D',
  User: '005',
  Account: '001',
  Contact: '003',
  Lead: '00Q',
  OpportunityStage: '01J',
  Opportunity: '006',
  Task: '00T',
  Event: '00U',
  Note: '002',
  ContentVersion: '068',
  ContentDocument: '069',
  ContentDocumentLink: '06A',
  Franchise_Site__c: 'a01',
};

type FieldType =
  | 'id'
  | 'string'
  | 'picklist'
  | 'textarea'
  | 'reference'
  | 'boolean'
  | 'double'
  | 'date'
  | 'datetime'
  | 'address';

/** Objects that only organisations have that have defined them. */
export const CUSTOM_OBJECTS: readonly ObjectName[] = ['Franchise_Site__c'];

export interface Field {
  name: string;
  /** What people call it. Default: the name, in words. */
  label?: string;
  type: FieldType;
  /** For references: under which name a query reaches the fields of the parent. */
  relationship?: string;
  to?: readonly ObjectName[];
  /** An external id of which there is one. */
  unique?: boolean;
  /** The most characters of text. Default 255. */
  length?: number;
}

export interface SObject {
  name: ObjectName;
  fields: readonly Field[];
  /** Lists of children in queries: their names, and the field that points here. */
  children?: Record<string, { object: ObjectName; field: string }>;
}

const list = (type: FieldType, names: string): Field[] =>
  names.split(' ').map((name) => ({ name, type }));
const lookup = (name: string, relationship: string, ...to: ObjectName[]): Field => ({
  name,
  type: 'reference',
  relationship,
  to,
});

const ID: Field = { name: 'Id', type: 'id' };
const STAMP: Field = { name: 'SystemModstamp', type: 'datetime' };
const DELETED: Field = { name: 'IsDeleted', type: 'boolean' };
const SYSTEM = [
  ID,
  DELETED,
  ...list('datetime', 'CreatedDate LastModifiedDate'),
  STAMP,
  lookup('CreatedById', 'CreatedBy', 'User'),
];
const OWNER = lookup('OwnerId', 'Owner', 'User');
const CURRENCY: Field = { name: 'CurrencyIsoCode', type: 'string' };

const ACTIVITY = [
  ...SYSTEM,
  OWNER,
  lookup('WhoId', 'Who', 'Lead', 'Contact'),
  lookup('WhatId', 'What', 'Account', 'Opportunity'),
  ...list('string', 'Subject Type'),
  ...list('textarea', 'Description'),
  ...list('date', 'ActivityDate'),
  ...list('boolean', 'IsRecurrence IsArchived'),
];

const FIELDS: Record<ObjectName, readonly Field[]> = {
  Organization: [ID, ...list('string', 'Name OrganizationType')],
  User: [ID, STAMP, ...list('string', 'Name Email Username'), ...list('boolean', 'IsActive')],
  Account: [
    ...SYSTEM,
    OWNER,
    lookup('MasterRecordId', 'MasterRecord', 'Account'),
    ...list('string', 'Name Website Phone Industry BillingCity BillingCountry Type'),
    ...list('double', 'NumberOfEmployees AnnualRevenue'),
    ...list('textarea', 'Description'),
    ...list('address', 'BillingAddress'),
    CURRENCY,
  ],
  Contact: [
    ...SYSTEM,
    OWNER,
    lookup('MasterRecordId', 'MasterRecord', 'Contact'),
    lookup('AccountId', 'Account', 'Account'),
    ...list('string', 'Name FirstName LastName Email Phone MobilePhone Title'),
    ...list('address', 'MailingAddress'),
    CURRENCY,
  ],
  Lead: [
    ...SYSTEM,
    OWNER,
    lookup('MasterRecordId', 'MasterRecord', 'Lead'),
    ...list('string', 'Name FirstName LastName Company Email Website Phone MobilePhone Title City'),
    ...list('string', 'State Country'),
    ...list('picklist', 'LeadSource Status Industry Rating'),
    ...list('double', 'NumberOfEmployees AnnualRevenue'),
    ...list('textarea', 'Description'),
    ...list('boolean', 'IsConverted'),
    ...list('date', 'ConvertedDate'),
    lookup('ConvertedAccountId', 'ConvertedAccount', 'Account'),
    lookup('ConvertedContactId', 'ConvertedContact', 'Contact'),
    lookup('ConvertedOpportunityId', 'ConvertedOpportunity', 'Opportunity'),
    ...list('address', 'Address'),
    CURRENCY,
  ],
  OpportunityStage: [
    ID,
    STAMP,
    ...list('string', 'MasterLabel ApiName ForecastCategoryName'),
    ...list('boolean', 'IsActive IsClosed IsWon'),
    ...list('double', 'SortOrder DefaultProbability'),
  ],
  Opportunity: [
    ...SYSTEM,
    OWNER,
    lookup('AccountId', 'Account', 'Account'),
    ...list('string', 'Name StageName Type LeadSource ForecastCategoryName NextStep'),
    ...list('double', 'Amount Probability'),
    ...list('date', 'CloseDate'),
    ...list('boolean', 'IsClosed IsWon'),
    ...list('textarea', 'Description'),
    CURRENCY,
  ],
  Task: [
    ...ACTIVITY,
    ...list('string', 'Status Priority TaskSubtype'),
    ...list('datetime', 'CompletedDateTime'),
    ...list('boolean', 'IsClosed'),
  ],
  Event: [
    ...ACTIVITY,
    ...list('datetime', 'StartDateTime EndDateTime ActivityDateTime'),
    ...list('string', 'EventSubtype Location'),
    ...list('boolean', 'IsPrivate IsChild IsRecurrence2 IsAllDayEvent'),
  ],
  Note: [
    ...SYSTEM,
    OWNER,
    lookup('ParentId', 'Parent', 'Account', 'Contact', 'Lead', 'Opportunity'),
    ...list('string', 'Title'),
    ...list('textarea', 'Body'),
    ...list('boolean', 'IsPrivate'),
  ],
  ContentVersion: [ID, STAMP, ...list('string', 'Title TextPreview')],
  ContentDocument: [
    ...SYSTEM,
    OWNER,
    lookup('LatestPublishedVersionId', 'LatestPublishedVersion', 'ContentVersion'),
    ...list('string', 'Title FileType'),
  ],
  ContentDocumentLink: [
    ID,
    DELETED,
    STAMP,
    lookup('ContentDocumentId', 'ContentDocument', 'ContentDocument'),
    lookup('LinkedEntityId', 'LinkedEntity', 'Lead', 'Contact', 'Account', 'Opportunity', 'User'),
  ],
  Franchise_Site__c: [
    ...SYSTEM,
    OWNER,
    ...list('string', 'Name'),
    { name: 'Town__c', label: 'City', type: 'string' },
    { name: 'Contact_Email__c', label: 'E-mail', type: 'string' },
    { name: 'Deal_Size__c', label: 'Deal size', type: 'double' },
    { name: 'Stage__c', label: 'Stage', type: 'picklist' },
    lookup('Account__c', 'Account__r', 'Account'),
    ...list('address', 'Place__c'),
    CURRENCY,
  ],
};

export type Schema = Record<ObjectName, SObject>;

/** What the customer added to leads for pushes. */
const CUSTOM_FIELDS: readonly Field[] = [
  { name: 'Tributary_Id__c', type: 'string', unique: true, length: 36 },
  { name: 'Tributary_Score__c', type: 'double' },
  ...list('string', 'Tributary_Priority__c Tributary_Segment__c Tributary_Mail_Provider__c'),
];

interface SchemaSpec {
  currencies?: boolean | undefined;
  customFields?: boolean | undefined;
  custom?: Readonly<Partial<Record<ObjectName, readonly string[]>>> | undefined;
}

/** The objects as one organisation has them. */
export function buildSchema({
  currencies = false,
  customFields = true,
  custom = {},
}: SchemaSpec): Schema {
  const entries = OBJECTS.map((name): [ObjectName, SObject] => [
    name,
    {
      name,
      fields: [
        ...FIELDS[name].filter((field) => currencies || field !== CURRENCY),
        ...(name === 'Lead' && customFields ? CUSTOM_FIELDS : []),
        ...(custom[name] ?? []).map((own): Field => ({ name: own, type: 'string' })),
      ],
      ...(name === 'ContentDocument' && {
        children: {
          ContentDocumentLinks: { object: 'ContentDocumentLink', field: 'ContentDocumentId' },
        },
      }),
    },
  ]);
  return Object.fromEntries(entries) as Schema;
}

/** Whether queries may compare a field, or sort by it. */
export const isFilterable = ({ type }: Field): boolean => type !== 'textarea' && type !== 'address';
