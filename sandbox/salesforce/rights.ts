import type { Field, ObjectName, SObject } from './objects.ts';

/** The most characters of text where the object does not say. */
export const DEFAULT_LENGTH = 255;

/** Fields that Salesforce fills, and composes, itself. */
const SYSTEM = new Set([
  'Id',
  'IsDeleted',
  'CreatedDate',
  'CreatedById',
  'LastModifiedDate',
  'SystemModstamp',
  'MasterRecordId',
  'Name',
  'IsConverted',
  'ConvertedDate',
  'ConvertedAccountId',
  'ConvertedContactId',
  'ConvertedOpportunityId',
]);
/** Fields that a new lead must have. */
const REQUIRED = new Set(['LastName', 'Company', 'Status', 'OwnerId']);
/** Fields that are filled when a new lead leaves them out. */
export const DEFAULTS = new Set(['Status', 'OwnerId']);

/** Fields of the other objects that can be written: when a record is made, and later. */
const WRITABLE: Partial<Record<ObjectName, { create: string[]; update: string[] }>> = {
  Opportunity: { create: [], update: ['StageName', 'OwnerId'] },
  Note: { create: ['ParentId', 'Title', 'Body', 'OwnerId'], update: [] },
  Task: {
    create: ['WhoId', 'WhatId', 'Subject', 'Description', 'ActivityDate', 'Status', 'OwnerId'],
    update: [],
  },
};
const REQUIRED_OF: Partial<Record<ObjectName, readonly string[]>> = {
  Note: ['ParentId', 'Title'],
};

/** What a user may do with a field of an object that can be written. */
export function describeRights({ name: object }: SObject, { name, type }: Field) {
  const writable = WRITABLE[object];
  if (writable !== undefined)
    return {
      createable: writable.create.includes(name),
      updateable: writable.update.includes(name),
      nillable: type !== 'boolean' && REQUIRED_OF[object]?.includes(name) !== true,
      defaultedOnCreate: type === 'boolean' || DEFAULTS.has(name),
    };
  const isWritable = object === 'Lead' && !SYSTEM.has(name) && type !== 'address';
  const isRequired = object === 'Lead' && REQUIRED.has(name);
  return {
    createable: isWritable,
    updateable: isWritable,
    nillable: type !== 'boolean' && !isRequired,
    defaultedOnCreate: type === 'boolean' || DEFAULTS.has(name),
  };
}
