import type { StatedLink } from '../../../records/link.ts';
import { toStatedLinks } from '../../kit/links.ts';
import { readItem } from '../item.ts';

/*
 * HubSpot converts nothing: a contact becomes a lead or a customer by its lifecycle stage, and has
 * as many deals over the years as it is associated with. Deals are therefore not stated to be what
 * a lead became; the deal of a push is known from the push.
 */

/** A contact that is a lead is the contact of the same id. */
export function readContactLeadLinks(value: unknown): StatedLink[] {
  const { id, about } = readItem(value);
  return toStatedLinks([
    ['same', 'contact', id],
    ['parent', 'company', about.links?.companies?.[0]],
  ]);
}

/** An object of the type lead is about one contact, and belongs to that one's company. */
export function readLeadLinks(value: unknown): StatedLink[] {
  const { properties, about } = readItem(value);
  return toStatedLinks([
    ['same', 'contact', about.links?.contacts?.[0] ?? properties['hs_primary_contact_id']],
    ['parent', 'company', about.links?.companies?.[0]],
  ]);
}
