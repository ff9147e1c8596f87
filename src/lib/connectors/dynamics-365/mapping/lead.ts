import { z } from 'zod';
import type { LeadRecord } from '../../../records/lead.ts';
import {
  readLabel,
  readMoney,
  readNumber,
  readPersonName,
  readRichText,
  parseRow,
  readText,
  readTimes,
} from './values.ts';

/** `statecode` of a qualified lead, the same in every environment. */
const QUALIFIED = 1;
/** The column that holds our own id of a lead that we pushed. */
const OUR_ID = 'hnt_leadid';

/** Maps a lead of Dynamics 365. Its status and source are the customer's own labels. */
export function mapLead(item: unknown): LeadRecord {
  const row = parseRow(item, 'leadid');
  const company = readText(row, 'companyname');
  const email = readText(row, 'emailaddress1');
  const ourId = z.uuid().safeParse(readText(row, OUR_ID)?.toLowerCase());
  return {
    externalId: row.id,
    ...readTimes(row),
    name: readPersonName(row) ?? company ?? email ?? 'Unnamed lead',
    firstName: readText(row, 'firstname'),
    lastName: readText(row, 'lastname'),
    company,
    email,
    website: readText(row, 'websiteurl'),
    phone: readText(row, 'telephone1') ?? readText(row, 'mobilephone'),
    city: readText(row, 'address1_city'),
    state: readText(row, 'address1_stateorprovince'),
    source: readLabel(row, 'leadsourcecode'),
    status: readLabel(row, 'statuscode') ?? readLabel(row, 'statecode') ?? 'New Lead',
    qualified: readNumber(row, 'statecode') === QUALIFIED,
    dealValue: readMoney(row, 'estimatedamount'),
    assignedTo: readLabel(row, '_ownerid_value'),
    summary: readRichText(row, 'description'),
    mirrorOf: ourId.success ? ourId.data : null,
  };
}
