import type { StatedLink } from '../../records/link.ts';
import type { EntityName, EntityRecords } from '../../records/registry.ts';
import { defineStream, type Changes, type MapContext } from '../contract/source.ts';
import { parseRows, rewriteRows } from './body.ts';
import { DELETED_FIELD, TIME_FIELD, type SalesforceObject } from './describe.ts';
import { isShownActivity, mapEvent, mapTask } from './mapping/activity.ts';
import { mapLead } from './mapping/lead.ts';
import { readLeadLinks } from './mapping/links.ts';
import { isSalesDocument, isSalesNote, mapContentNote, mapNote } from './mapping/note.ts';
import { mapOpportunity, mapStage } from './mapping/opportunity.ts';
import { mapCompany, mapContact } from './mapping/people.ts';
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

const SYSTEM = ['Id', DELETED_FIELD, 'CreatedDate', 'LastModifiedDate', TIME_FIELD];
const OWNER = ['OwnerId', 'Owner.Name'];
/** Only organisations with several currencies have it. */
const CURRENCY = 'CurrencyIsoCode';

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

interface StreamParts<Entity extends EntityName> {
  name: string;
  label: string;
  entity: Entity;
  object: SalesforceObject;
  map: (item: unknown, context: MapContext<SalesforceSettings>) => EntityRecords[Entity];
  links?: (item: unknown) => StatedLink[];
}

const stream = <Entity extends EntityName>({ object, ...parts }: StreamParts<Entity>) =>
  defineStream<SalesforceSettings, Entity>({
    ...parts,
    listing: { kind: 'complete' },
    changes: CHANGES,
    read: (context, cursor) => readObject(object, context, cursor),
    parse: (body) => parseRows(object, body),
    rewrite: rewriteRows,
    identify: readId,
  });

/** In the order of syncing: what others point to comes first. */
export const streams = [
  stream({
    name: 'accounts',
    label: 'Accounts',
    entity: 'company',
    object: ACCOUNT,
    map: mapCompany,
  }),
  stream({
    name: 'contacts',
    label: 'Contacts',
    entity: 'contact',
    object: CONTACT,
    map: mapContact,
  }),
  stream({
    name: 'leads',
    label: 'Leads',
    entity: 'lead',
    object: LEAD,
    map: mapLead,
    links: readLeadLinks,
  }),
  stream({ name: 'stages', label: 'Stages', entity: 'stage', object: STAGE, map: mapStage }),
  stream({
    name: 'opportunities',
    label: 'Opportunities',
    entity: 'opportunity',
    object: OPPORTUNITY,
    map: mapOpportunity,
  }),
  stream({
    name: 'tasks',
    label: 'Tasks',
    entity: 'scheduledActivity',
    object: TASK,
    map: mapTask,
  }),
  stream({
    name: 'events',
    label: 'Events',
    entity: 'scheduledActivity',
    object: EVENT,
    map: mapEvent,
  }),
  stream({ name: 'notes', label: 'Classic notes', entity: 'note', object: NOTE, map: mapNote }),
  stream({
    name: 'contentNotes',
    label: 'Notes',
    entity: 'note',
    object: CONTENT_NOTE,
    map: mapContentNote,
  }),
];
