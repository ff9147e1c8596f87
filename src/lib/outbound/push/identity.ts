import { v5 } from 'uuid';
import type { FieldValue, PushTable } from '../../connectors/contract/destination.ts';

/**
 * Our own name space for ids (RFC 9562, 5.5): never changed, or records would be made a second
 * time.
 */
const idNamespace = '5b1f0b3e-6d2f-5c7a-9a53-0d4f6a6f2f11';

/**
 * The id of the record that a lead has in a table of a connected CRM, known before the record is
 * made: a lead and its opportunity by the lead, an account by its domain, a contact by its e-mail
 * address. Null when there is none of these.
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
