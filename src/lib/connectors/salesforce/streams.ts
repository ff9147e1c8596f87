import type { EntityName } from '../../records/registry.ts';
import { defineStream, type Changes, type StreamDefinition } from '../contract/source.ts';
import { parseRows, rewriteRows } from './body.ts';
import { DELETED_FIELD, TIME_FIELD, type SalesforceObject } from './describe.ts';
import {
  eventMapping,
  interpretActivity,
  isShownActivity,
  taskMapping,
} from './mapping/activity.ts';
import { accountMapping, interpretAccount } from './mapping/company.ts';
import { contactMapping, interpretContact } from './mapping/contact.ts';
import { interpretLead, leadMapping } from './mapping/lead.ts';
import { readLeadLinks } from './mapping/links.ts';
import {
  contentNoteMapping,
  interpretContentNote,
  interpretNote,
  isSalesDocument,
  isSalesNote,
  noteMapping,
} from './mapping/note.ts';
import { interpretOpportunity, opportunityMapping } from './mapping/opportunity.ts';
import { interpretStage, stageMapping } from './mapping/stage.ts';
import { readObject } from './paging.ts';
import { readId } from './place.ts';
import { OUR_KEY } from './our-key.ts';
import type { SalesforceSettings } from './settings.ts';

/**
 * Changes are followed by time, with a look-back of their own (position.ts). Everything is read
 * again every day, which also finds what appeared too late, and changed names of owners and
 * accounts.
 */
const CHANGES: Changes = { by: 'token', lookbackSeconds: 0, reconcileHours: 24 };

export const SYSTEM = ['Id', DELETED_FIELD, 'CreatedDate', 'LastModifiedDate', TIME_FIELD];
export const OWNER = ['OwnerId', 'Owner.Name'];
/** Only organisations with several currencies have it. */
export const CURRENCY = 'CurrencyIsoCode';

const ACCOUNT: SalesforceObject = {
  name: 'Account',
  fields: [
    ...SYSTEM,
    'MasterRecordId',
    'Name',
    'Website',
    'PersonEmail',
    'Phone',
    'Industry',
    'NumberOfEmployees',
    'AnnualRevenue',
    CURRENCY,
    'BillingCity',
    'BillingCountry',
    ...OWNER,
  ],
};
const CONTACT: SalesforceObject = {
  name: 'Contact',
  fields: [
    ...SYSTEM,
    'MasterRecordId',
    'Name',
    'FirstName',
    'LastName',
    'Email',
    'Phone',
    'MobilePhone',
    'Title',
    'AccountId',
    ...OWNER,
  ],
};
const LEAD: SalesforceObject = {
  name: 'Lead',
  fields: [
    ...SYSTEM,
    'MasterRecordId',
    'Name',
    'FirstName',
    'LastName',
    'Company',
    'Email',
    'Website',
    'Phone',
    'MobilePhone',
    'Title',
    'City',
    'State',
    'Country',
    'Description',
    'LeadSource',
    'Status',
    'Industry',
    'Rating',
    'NumberOfEmployees',
    'IsConverted',
    'ConvertedDate',
    'ConvertedAccountId',
    'ConvertedContactId',
    'ConvertedOpportunityId',
    OUR_KEY,
    ...OWNER,
  ],
};
const STAGE: SalesforceObject = {
  name: 'OpportunityStage',
  fields: [
    'Id',
    'MasterLabel',
    'ApiName',
    'IsActive',
    'SortOrder',
    'IsClosed',
    'IsWon',
    'DefaultProbability',
    TIME_FIELD,
  ],
};
const OPPORTUNITY: SalesforceObject = {
  name: 'Opportunity',
  fields: [
    ...SYSTEM,
    'Name',
    'AccountId',
    'Account.Name',
    'StageName',
    'IsClosed',
    'IsWon',
    'Amount',
    CURRENCY,
    'Probability',
    'CloseDate',
    'Type',
    'LeadSource',
    ...OWNER,
  ],
};
const ACTIVITY = [...SYSTEM, 'Subject', 'Description', 'WhoId', 'Who.Name', 'WhatId', 'What.Name'];
const TASK: SalesforceObject = {
  name: 'Task',
  fields: [
    ...ACTIVITY,
    'ActivityDate',
    'CompletedDateTime',
    'Status',
    'Priority',
    'IsClosed',
    'Type',
    'TaskSubtype',
    'IsRecurrence',
    ...OWNER,
  ],
  keeps: isShownActivity,
};
const EVENT: SalesforceObject = {
  name: 'Event',
  fields: [
    ...ACTIVITY,
    'StartDateTime',
    'EndDateTime',
    'ActivityDate',
    'ActivityDateTime',
    'Type',
    'EventSubtype',
    'IsPrivate',
    'IsChild',
    'IsRecurrence',
    'IsRecurrence2',
    ...OWNER,
  ],
  keeps: isShownActivity,
};
const NOTE: SalesforceObject = {
  name: 'Note',
  fields: [...SYSTEM, 'ParentId', 'Title', 'Body', 'IsPrivate', 'CreatedBy.Name', ...OWNER],
  keeps: isSalesNote,
};
/** Notes of the newer kind are documents of this type, and only those list what they belong to. */
const CONTENT_NOTE: SalesforceObject = {
  name: 'ContentDocument',
  fields: [
    ...SYSTEM,
    'Title',
    'FileType',
    'CreatedBy.Name',
    'LatestPublishedVersion.TextPreview',
    '(SELECT LinkedEntityId FROM ContentDocumentLinks)',
  ],
  condition: "FileType = 'SNOTE'",
  keeps: isSalesDocument,
};

type Definition<Entity extends EntityName> = Pick<
  StreamDefinition<SalesforceSettings, Entity>,
  'name' | 'label' | 'entity' | 'interpret' | 'mapping' | 'links'
>;

/** A stream of all rows of an object. */
export const defineObjectStream = <Entity extends EntityName>(
  object: SalesforceObject,
  definition: Definition<Entity>,
): StreamDefinition<SalesforceSettings> =>
  defineStream<SalesforceSettings, Entity>({
    ...definition,
    listing: { kind: 'complete' },
    changes: CHANGES,
    read: (context, cursor) => readObject(object, context, cursor),
    parse: (body) => parseRows(object, body),
    rewrite: rewriteRows,
    identify: readId,
  });

/** In the order of syncing: what others point to comes first. */
export const streams = [
  defineObjectStream(ACCOUNT, {
    name: 'accounts',
    label: 'Accounts',
    entity: 'company',
    interpret: interpretAccount,
    mapping: accountMapping,
  }),
  defineObjectStream(CONTACT, {
    name: 'contacts',
    label: 'Contacts',
    entity: 'contact',
    interpret: interpretContact,
    mapping: contactMapping,
  }),
  defineObjectStream(LEAD, {
    name: 'leads',
    label: 'Leads',
    entity: 'lead',
    interpret: interpretLead,
    mapping: leadMapping,
    links: readLeadLinks,
  }),
  defineObjectStream(STAGE, {
    name: 'stages',
    label: 'Stages',
    entity: 'stage',
    interpret: interpretStage,
    mapping: stageMapping,
  }),
  defineObjectStream(OPPORTUNITY, {
    name: 'opportunities',
    label: 'Opportunities',
    entity: 'opportunity',
    interpret: interpretOpportunity,
    mapping: opportunityMapping,
  }),
  defineObjectStream(TASK, {
    name: 'tasks',
    label: 'Tasks',
    entity: 'scheduledActivity',
    interpret: interpretActivity,
    mapping: taskMapping,
  }),
  defineObjectStream(EVENT, {
    name: 'events',
    label: 'Events',
    entity: 'scheduledActivity',
    interpret: interpretActivity,
    mapping: eventMapping,
  }),
  defineObjectStream(NOTE, {
    name: 'notes',
    label: 'Classic notes',
    entity: 'note',
    interpret: interpretNote,
    mapping: noteMapping,
  }),
  defineObjectStream(CONTENT_NOTE, {
    name: 'contentNotes',
    label: 'Notes',
    entity: 'note',
    interpret: interpretContentNote,
    mapping: contentNoteMapping,
  }),
];

/** The object that each of them reads. */
export const objectNames: ReadonlyMap<string, string> = new Map([
  ['accounts', ACCOUNT.name],
  ['contacts', CONTACT.name],
  ['leads', LEAD.name],
  ['stages', STAGE.name],
  ['opportunities', OPPORTUNITY.name],
  ['tasks', TASK.name],
  ['events', EVENT.name],
  ['notes', NOTE.name],
  ['contentNotes', CONTENT_NOTE.name],
]);
