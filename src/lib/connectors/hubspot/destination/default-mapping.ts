import type { FieldMapping } from '../../contract/destination.ts';
import { mapFields, sendText } from '../../kit/destination.ts';

/**
 * The field mapping that applies until a workspace changes it. People correct names and addresses
 * in HubSpot, so when both sides changed such a property, a person decides. A new contact begins as
 * a lead; from then on its lifecycle stage is theirs. Properties that begin with tributary_ are the
 * customer's own, and are skipped where an account lacks them.
 */
export const defaultMapping: readonly FieldMapping[] = [
  ...mapFields('lead', 'newest', { website: 'website' }),
  ...mapFields('lead', 'ask', {
    firstname: 'firstName',
    lastname: 'lastName',
    company: 'company',
    email: 'email',
    phone: 'phone',
    city: 'city',
    state: 'state',
  }),
  sendText('lead', 'theirs', 'lifecyclestage', 'Lead'),
  ...mapFields('lead', 'ours', {
    tributary_score: 'score',
    tributary_priority: 'priorityCategory',
    tributary_segment: 'segment',
    tributary_mail_provider: 'mailProvider',
  }),
];
