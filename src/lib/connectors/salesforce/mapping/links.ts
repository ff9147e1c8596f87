import type { StatedLink } from '../../../records/link.ts';
import { toStatedLinks } from '../../kit/links.ts';
import { parseRow, readLookup } from './values.ts';

/**
 * What a lead became when it was converted: its contact, its account and perhaps an opportunity.
 * Source: the fields Converted…Id in
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_lead.htm
 */
export function readLeadLinks(item: unknown): StatedLink[] {
  const row = parseRow(item);
  return toStatedLinks([
    ['same', 'contact', readLookup(row, 'ConvertedContactId')],
    ['parent', 'company', readLookup(row, 'ConvertedAccountId')],
    ['same', 'opportunity', readLookup(row, 'ConvertedOpportunityId')],
  ]);
}
