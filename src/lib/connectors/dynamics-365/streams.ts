import type { EntityName } from '../../records/registry.ts';
import { defineStream, type Changes, type StreamDefinition } from '../contract/source.ts';
import { accountMapping, interpretAccount } from './mapping/company.ts';
import { contactMapping, interpretContact } from './mapping/contact.ts';
import { interpretLead, leadMapping } from './mapping/lead.ts';
import { readLeadLinks, readOpportunityLinks } from './mapping/links.ts';
import { interpretNote, isSalesNote, noteMapping } from './mapping/note.ts';
import { interpretOpportunity, opportunityMapping } from './mapping/opportunity.ts';
import { interpretTask, taskMapping } from './mapping/task.ts';
import { readId } from './mapping/values.ts';
import { readTable, parseRows } from './paging.ts';
import type { Table } from './position.ts';
import type { DynamicsSettings } from './settings.ts';

/**
 * Everything is read again every day, long before delta links expire (after 7 days by default).
 * That also finds deleted rows in tables whose changes are only followed by time, and changed names
 * in rows that lookups point to.
 */
const CHANGES: Changes = { by: 'token', lookbackSeconds: 0, reconcileHours: 24 };

export const SYSTEM = ['createdon', 'modifiedon', '_ownerid_value'];
export const STATE = ['statecode', 'statuscode'];

const TABLES = {
  accounts: {
    name: 'account',
    set: 'accounts',
    id: 'accountid',
    columns: [
      'name',
      'websiteurl',
      'emailaddress1',
      'telephone1',
      'industrycode',
      'numberofemployees',
      'revenue',
      'revenue_base',
      'address1_city',
      'address1_country',
      '_primarycontactid_value',
      ...STATE,
      ...SYSTEM,
    ],
  },
  contacts: {
    name: 'contact',
    set: 'contacts',
    id: 'contactid',
    columns: [
      'fullname',
      'firstname',
      'lastname',
      'emailaddress1',
      'telephone1',
      'mobilephone',
      'jobtitle',
      '_parentcustomerid_value',
      ...STATE,
      ...SYSTEM,
    ],
  },
  leads: {
    name: 'lead',
    set: 'leads',
    id: 'leadid',
    columns: [
      'subject',
      'fullname',
      'firstname',
      'lastname',
      'companyname',
      'emailaddress1',
      'telephone1',
      'mobilephone',
      'jobtitle',
      'websiteurl',
      'address1_city',
      'address1_stateorprovince',
      'address1_country',
      'description',
      'revenue',
      'numberofemployees',
      'estimatedamount',
      'estimatedamount_base',
      'estimatedclosedate',
      'leadqualitycode',
      'leadsourcecode',
      'industrycode',
      '_parentaccountid_value',
      '_parentcontactid_value',
      '_qualifyingopportunityid_value',
      '_transactioncurrencyid_value',
      ...STATE,
      ...SYSTEM,
    ],
  },
  opportunities: {
    name: 'opportunity',
    set: 'opportunities',
    id: 'opportunityid',
    columns: [
      'name',
      '_customerid_value',
      '_parentaccountid_value',
      '_parentcontactid_value',
      '_originatingleadid_value',
      'estimatedvalue',
      'estimatedvalue_base',
      'estimatedclosedate',
      'actualvalue',
      'actualvalue_base',
      'actualclosedate',
      'closeprobability',
      'opportunityratingcode',
      'salesstage',
      'stepname',
      '_transactioncurrencyid_value',
      ...STATE,
      ...SYSTEM,
    ],
  },
  tasks: {
    name: 'task',
    set: 'tasks',
    id: 'activityid',
    columns: [
      'subject',
      'description',
      'scheduledstart',
      'scheduledend',
      'prioritycode',
      '_regardingobjectid_value',
      ...STATE,
      ...SYSTEM,
    ],
  },
  annotations: {
    name: 'annotation',
    set: 'annotations',
    id: 'annotationid',
    columns: ['subject', 'notetext', 'filename', '_objectid_value', '_createdby_value', ...SYSTEM],
    keeps: isSalesNote,
  },
} satisfies Record<string, Table>;

type Definition<Entity extends EntityName> = Pick<
  StreamDefinition<DynamicsSettings, Entity>,
  'name' | 'label' | 'entity' | 'interpret' | 'mapping' | 'links'
>;

/** A stream of all rows of a table. */
export const defineTableStream = <Entity extends EntityName>(
  table: Table,
  definition: Definition<Entity>,
): StreamDefinition<DynamicsSettings> =>
  defineStream<DynamicsSettings, Entity>({
    ...definition,
    listing: { kind: 'complete' },
    changes: CHANGES,
    read: (context, cursor) => readTable(table, context, cursor),
    parse: (body) => parseRows(table, body),
    identify: (item) => readId(item, table.id),
  });

const stream = <Entity extends EntityName>(
  name: keyof typeof TABLES,
  definition: Omit<Definition<Entity>, 'name'>,
): StreamDefinition<DynamicsSettings> =>
  defineTableStream<Entity>(TABLES[name], { ...definition, name } as Definition<Entity>);

/** The table that each of them reads. */
export const tableNames: ReadonlyMap<string, string> = new Map(
  Object.entries<Table>(TABLES).map(([stream, { name }]) => [stream, name]),
);

/** In the order of syncing: tables that others point to come first. */
export const streams = [
  stream('accounts', {
    label: 'Accounts',
    entity: 'company',
    interpret: interpretAccount,
    mapping: accountMapping,
  }),
  stream('contacts', {
    label: 'Contacts',
    entity: 'contact',
    interpret: interpretContact,
    mapping: contactMapping,
  }),
  stream('leads', {
    label: 'Leads',
    entity: 'lead',
    interpret: interpretLead,
    mapping: leadMapping,
    links: readLeadLinks,
  }),
  stream('opportunities', {
    label: 'Opportunities',
    entity: 'opportunity',
    interpret: interpretOpportunity,
    mapping: opportunityMapping,
    links: readOpportunityLinks,
  }),
  stream('tasks', {
    label: 'Tasks',
    entity: 'scheduledActivity',
    interpret: interpretTask,
    mapping: taskMapping,
  }),
  stream('annotations', {
    label: 'Notes',
    entity: 'note',
    interpret: interpretNote,
    mapping: noteMapping,
  }),
];
