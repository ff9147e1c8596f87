/**
 * The field of a lead that holds the id of ours that it was made for. It is created by hand in each
 * organisation (docs/operations/crm-push.md) as text that is an external id and unique: Salesforce
 * then refuses a second lead of the same id, whatever became of the answer to the first request.
 */
export const OUR_KEY = 'Tributary_Id__c';
