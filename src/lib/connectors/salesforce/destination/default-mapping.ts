import type { FieldMapping } from '../../contract/destination.ts';
import { mapFields } from '../../kit/destination.ts';

/**
 * The field mapping that applies until a workspace changes it. People correct names and addresses
 * in Salesforce, so when both sides changed such a field, a person decides. Salesforce demands a
 * company of each lead, so somebody without one stands for their own. State and country are
 * left out: where an organisation uses picklists for them, it refuses every other spelling. Fields
 * that end in __c are the customer's own, and are skipped where an organisation lacks them.
 */
export const defaultMapping: readonly FieldMapping[] = [
  ...mapFields('lead', 'newest', { Website: 'website' }),
  ...mapFields('lead', 'ask', {
    FirstName: 'firstName',
    LastName: 'lastName',
    Company: 'companyOrName',
    Email: 'email',
    Phone: 'phone',
    City: 'city',
  }),
  ...mapFields('lead', 'ours', {
    Tributary_Score__c: 'score',
    Tributary_Priority__c: 'priorityCategory',
    Tributary_Segment__c: 'segment',
    Tributary_Mail_Provider__c: 'mailProvider',
  }),
];
