import type { ConflictRule, FieldMapping } from '../../contract/destination.ts';

const rows = (rule: ConflictRule, fields: Record<string, string>): FieldMapping[] =>
  Object.entries(fields).map(([target, source]) => ({ role: 'lead', target, source, rule }));

/**
 * The field mapping that applies until a workspace changes it. People correct names and addresses
 * in Salesforce, so when both sides changed such a field, a person decides. Salesforce demands a
 * company of each lead, so somebody without one stands for their own. State and country are
 * left out: where an organisation uses picklists for them, it refuses every other spelling. Fields
 * that end in __c are the customer's own, and are skipped where an organisation lacks them.
 */
export const defaultMapping: readonly FieldMapping[] = [
  ...rows('newest', { Website: 'website' }),
  ...rows('ask', {
    FirstName: 'firstName',
    LastName: 'lastName',
    Company: 'companyOrName',
    Email: 'email',
    Phone: 'phone',
    City: 'city',
  }),
  ...rows('ours', {
    Tributary_Score__c: 'score',
    Tributary_Priority__c: 'priorityCategory',
    Tributary_Segment__c: 'segment',
    Tributary_Mail_Provider__c: 'mailProvider',
  }),
];
