import type { PushDefinition } from '../../contract/destination.ts';
import type { SalesforceSettings } from '../settings.ts';
import { defaultMapping } from './default-mapping.ts';
import { describe, OBJECT } from './metadata.ts';
import { createRemoteObjects } from './remote-objects.ts';

/**
 * Writes leads to Salesforce. Accounts, contacts and opportunities are made by Salesforce itself
 * when somebody converts a lead there: made beforehand they would be duplicates of these.
 */
export const salesforcePush: PushDefinition<SalesforceSettings> = {
  objects: { lead: OBJECT },
  defaultMapping,
  personalFields: ['FirstName', 'LastName', 'Company'],
  describe,
  open: createRemoteObjects,
  recordUrl: ({ baseUrl }, remoteId) => `${baseUrl}${remoteId}`,
};
