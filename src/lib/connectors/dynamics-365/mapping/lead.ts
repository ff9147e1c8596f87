import { z } from 'zod';
import type { LeadRecord } from '../../../records/lead.ts';
import { labelOf, moneyOf, numberOf, personOf, proseOf, rowOf, textOf, timesOf } from './values.ts';

/** Qualified, of the states that every environment has. */
const QUALIFIED = 1;
/** Where a lead that we pushed carries the id that it has here. */
const OUR_ID = 'hnt_leadid';

/**
 * A lead of Dynamics 365. Its status and source are the customer's own words, whatever numbers they
 * have.
 */
export function mapLead(item: unknown): LeadRecord {
  const row = rowOf(item, 'leadid');
  const company = textOf(row, 'companyname');
  const email = textOf(row, 'emailaddress1');
  const ourId = z.uuid().safeParse(textOf(row, OUR_ID)?.toLowerCase());
  return {
    externalId: row.id,
    ...timesOf(row),
    name: personOf(row) ?? company ?? email ?? 'Unnamed lead',
    company,
    email,
    website: textOf(row, 'websiteurl'),
    phone: textOf(row, 'telephone1') ?? textOf(row, 'mobilephone'),
    city: textOf(row, 'address1_city'),
    state: textOf(row, 'address1_stateorprovince'),
    source: labelOf(row, 'leadsourcecode'),
    status: labelOf(row, 'statuscode') ?? labelOf(row, 'statecode') ?? 'New Lead',
    qualified: numberOf(row, 'statecode') === QUALIFIED,
    dealValue: moneyOf(row, 'estimatedamount'),
    assignedTo: labelOf(row, '_ownerid_value'),
    summary: proseOf(row, 'description'),
    mirrorOf: ourId.success ? ourId.data : null,
  };
}
