import { v5 } from 'uuid';
import type {
  FieldValue,
  ObjectRole,
  PushDefinition,
} from '../../connectors/contract/destination.ts';

/**
 * Our namespace for UUIDs of version 5 (RFC 9562, 5.5). It must never change: every record would
 * get another key and be created a second time.
 */
const keyNamespace = '5b1f0b3e-6d2f-5c7a-9a53-0d4f6a6f2f11';

/** The value of a lead that the key of its record in each role is derived from. */
const keyValues: Record<ObjectRole, string> = {
  company: 'domain',
  contact: 'email',
  lead: 'leadId',
  deal: 'leadId',
};

/**
 * The key under which a lead's record is created in a connected CRM, known before it is created. It
 * is derived from the lead for leads and deals, from the domain for companies, and from the e-mail
 * address for contacts. Null when that value is missing, or when the CRM has no object for the role.
 */
export function toRecordKey(
  connectionId: string,
  { objects }: Pick<PushDefinition, 'objects'>,
  role: ObjectRole,
  values: Record<string, FieldValue>,
): string | null {
  const [name, value] = [objects[role], values[keyValues[role]] ?? null];
  return name === undefined || value === null
    ? null
    : v5(`${connectionId}/${name}/${String(value).trim().toLowerCase()}`, keyNamespace);
}
