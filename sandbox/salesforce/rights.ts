import type { Field, SObject } from './objects.ts';

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

/** What a user may do with a field of an object that can be written: of leads. */
export function describeRights({ name: object }: SObject, { name, type }: Field) {
  const isWritable = object === 'Lead' && !SYSTEM.has(name) && type !== 'address';
  const isRequired = object === 'Lead' && REQUIRED.has(name);
  return {
    createable: isWritable,
    updateable: isWritable,
    nillable: type !== 'boolean' && !isRequired,
    defaultedOnCreate: type === 'boolean' || DEFAULTS.has(name),
  };
}
