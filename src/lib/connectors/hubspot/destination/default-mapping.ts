import type { ConflictRule, FieldMapping } from '../../contract/destination.ts';

const rows = (rule: ConflictRule, fields: Record<string, string>): FieldMapping[] =>
  Object.entries(fields).map(([target, source]) => ({ role: 'lead', target, source, rule }));

/**
 * The field mapping that applies until a workspace changes it. People correct names and addresses
 * in HubSpot, so when both sides changed such a property, a person decides. A new contact begins as
 * a lead; from then on its lifecycle stage is theirs. Properties that begin with tributary_ are the
 * customer's own, and are skipped where an account lacks them.
 */
export const defaultMapping: readonly FieldMapping[] = [
  ...rows('newest', { website: 'website' }),
  ...rows('ask', {
    firstname: 'firstName',
    lastname: 'lastName',
    company: 'company',
    email: 'email',
    phone: 'phone',
    city: 'city',
    state: 'state',
  }),
  ...rows('theirs', { lifecyclestage: '=Lead' }),
  ...rows('ours', {
    tributary_score: 'score',
    tributary_priority: 'priorityCategory',
    tributary_segment: 'segment',
    tributary_mail_provider: 'mailProvider',
  }),
];
