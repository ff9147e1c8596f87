import { v5 } from 'uuid';
import type { FieldValue, PushTable } from '../../connectors/contract/destination.ts';

/**
 * Our namespace for UUIDs of version 5 (RFC 9562, 5.5). It must never change: every record would
 * get another id and be created a second time.
 */
const idNamespace = '5b1f0b3e-6d2f-5c7a-9a53-0d4f6a6f2f11';

/**
 * The id of a lead's record in a table of a connected CRM, known before the record is created. It
 * is derived from the lead for leads and opportunities, from the domain for accounts, and from the
 * e-mail address for contacts. Null when that value is missing.
 */
export function toRecordId(
  connectionId: string,
  table: PushTable,
  values: Record<string, FieldValue>,
): string | null {
  const key = {
    account: 'domain',
    contact: 'email',
    lead: 'leadId',
    opportunity: 'leadId',
  } as const;
  const value = values[key[table]] ?? null;
  return value === null
    ? null
    : v5(`${connectionId}/${table}/${String(value).trim().toLowerCase()}`, idNamespace);
}
