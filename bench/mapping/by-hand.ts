import { toAmount } from '#lib/conversion/values/amount.ts';
import { parseDateTime } from '#lib/conversion/values/date-time.ts';
import { tidyLine } from '#lib/records/text.ts';
import { labelOf, type Row } from './leads.ts';

/** The mapping of `schema.ts` as one would write it in a provider, by the same functions. */
export function mapByHand(row: Row) {
  const company = readText(row['companyname']);
  const email = readText(row['emailaddress1']);
  return {
    externalId: readText(row['leadid']),
    name: readText(row['fullname']) ?? company ?? email ?? 'Unnamed lead',
    firstName: readText(row['firstname']),
    lastName: readText(row['lastname']),
    company,
    email,
    phone: readText(row['telephone1']) ?? readText(row['mobilephone']),
    city: readText(row['address1_city']),
    state: readText(row['address1_stateorprovince']),
    status: readText(row[`statuscode${labelOf}`]) ?? 'New Lead',
    qualified: row['statecode'] === 1,
    dealValue: toAmount(row['estimatedamount']),
    sourceCreatedAt: readDate(row['createdon']),
    sourceUpdatedAt: readDate(row['modifiedon']),
  };
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? tidyLine(value) || null : null;
}

function readDate(value: unknown): string | null {
  return parseDateTime(typeof value === 'string' ? value : null, 'UTC')?.toISOString() ?? null;
}
