import type { StatedLink } from '../../../records/link.ts';
import { toStatedLinks } from '../../kit/links.ts';
import { parseRow, readLookupId } from './values.ts';

/**
 * What a lead became when it was qualified: its contact, its account, its opportunity. Source: the
 * columns parentcontactid, parentaccountid and qualifyingopportunityid in
 * https://learn.microsoft.com/en-us/dynamics365/developer/reference/entities/lead
 */
export function readLeadLinks(item: unknown): StatedLink[] {
  const row = parseRow(item, 'leadid');
  return toStatedLinks([
    ['same', 'contact', readLookupId(row, '_parentcontactid_value', 'contact')],
    ['parent', 'company', readLookupId(row, '_parentaccountid_value', 'account')],
    ['same', 'opportunity', readLookupId(row, '_qualifyingopportunityid_value', 'opportunity')],
  ]);
}

/** The lead that an opportunity was created from. */
export function readOpportunityLinks(item: unknown): StatedLink[] {
  const row = parseRow(item, 'opportunityid');
  return toStatedLinks([['same', 'lead', readLookupId(row, '_originatingleadid_value', 'lead')]]);
}
