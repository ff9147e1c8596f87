import { parseDateTime } from '#lib/conversion/values/date-time.ts';
import { toAmount } from '#lib/conversion/values/amount.ts';
import { toPlainText } from '#lib/conversion/values/plain-text.ts';
import { isId } from '#lib/platform/id.ts';
import type { LeadRecord } from '#lib/records/lead.ts';
import { tidyLine } from '#lib/records/text.ts';
import { labelOf, type Row } from './leads.ts';

/**
 * What the default mapping of a lead of Dynamics 365 makes of a row, as one would write it in the
 * provider, by the same functions.
 */
export function mapByHand(row: Row): LeadRecord {
  const company = readText(row['companyname']);
  const email = readText(row['emailaddress1']);
  return {
    externalId: String(row['leadid']),
    mirrorOf: readOurId(row['hnt_leadid']),
    name: readName(row) ?? company ?? email ?? 'Unnamed lead',
    firstName: readText(row['firstname']),
    lastName: readText(row['lastname']),
    company,
    email,
    website: readText(row['websiteurl']),
    phone: readText(row['telephone1']) ?? readText(row['mobilephone']),
    city: readText(row['address1_city']),
    state: readText(row['address1_stateorprovince']),
    source: readLabel(row, 'leadsourcecode'),
    status: readLabel(row, 'statuscode') ?? readLabel(row, 'statecode') ?? 'New Lead',
    qualified: row['statecode'] === 1,
    dealValue: toAmount(row['estimatedamount_base'] ?? row['estimatedamount']),
    assignedTo: readLabel(row, '_ownerid_value'),
    summary: readProse(row['description']),
    sourceCreatedAt: readDate(row['createdon']),
    sourceUpdatedAt: readDate(row['modifiedon']),
  };
}

function readName(row: Row): string | null {
  const parts = [readText(row['firstname']), readText(row['lastname'])];
  return readText(row['fullname']) ?? (parts.filter((part) => part !== null).join(' ') || null);
}

const readLabel = (row: Row, column: string): string | null => readText(row[`${column}${labelOf}`]);

function readText(value: unknown): string | null {
  return typeof value === 'string' ? tidyLine(value) || null : null;
}

function readProse(value: unknown): string | null {
  return typeof value === 'string' ? toPlainText(value) || null : null;
}

function readDate(value: unknown): Date | null {
  return parseDateTime(typeof value === 'string' ? value : null, 'UTC');
}

function readOurId(value: unknown): string | null {
  const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
  return isId(id) ? id : null;
}
