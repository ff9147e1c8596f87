/**
 * The property of a contact that holds the id of our lead that it was made for. It is created by
 * hand in each account (docs/operations/crm-push.md) as text whose values are unique: a request
 * whose answer was lost then finds the contact that it made.
 */
export const OUR_KEY = 'tributary_id';
