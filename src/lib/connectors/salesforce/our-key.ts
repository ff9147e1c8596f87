import { isId } from '../../platform/id.ts';
import { toObject } from '../kit/json.ts';

/**
 * The field of a lead that holds the id of ours that it was made for. It is created by hand in each
 * organisation (docs/operations/crm-push.md) as text that is an external id and unique: Salesforce
 * then refuses a second lead of the same id, whatever became of the answer to the first request.
 */
export const OUR_KEY = 'Tributary_Id__c';

/** The id of our lead that a row of Salesforce claims to be; null when it is none of ours. */
export function readOurLeadId(row: object): string | null {
  const { [OUR_KEY]: value } = toObject(row);
  const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return isId(id) ? id : null;
}
