import { linkTypes, type Item, type LinkType } from '../item.ts';
import { leads } from '../objects.ts';

/**
 * What an id of each type begins with in our records. Contacts are what notes and activities are
 * mostly about, and leads that are contacts have the same ids.
 */
const PREFIXES: Record<LinkType, string> = {
  leads: leads.prefix ?? '',
  contacts: '',
  companies: 'company-',
  deals: 'deal-',
};

/** The id of what a note or activity is about: the lead or contact before the company or deal. */
export function readSubject({ about }: Item): string | null {
  for (const type of linkTypes) {
    const id = about.links?.[type]?.[0];
    if (id !== undefined) return `${PREFIXES[type]}${id}`;
  }
  return null;
}
