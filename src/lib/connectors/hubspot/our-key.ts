import { isId } from '../../platform/id.ts';
import { getOwn } from '../../platform/own.ts';

/**
 * The property of a contact that holds the id of our lead that it was made for. It is created by
 * hand in each account (docs/operations/crm-push.md) as text whose values are unique: a request
 * whose answer was lost then finds the contact that it made.
 */
export const OUR_KEY = 'tributary_id';

/** The id of our lead that a contact claims to be; null when it is none of ours. */
export function readOurLeadId(properties: Readonly<Record<string, unknown>>): string | null {
  const value = getOwn(properties, OUR_KEY);
  const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return isId(id) ? id : null;
}
