import type { FieldValue, RemoteRecord } from '../../contract/destination.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { pickFields, readOurId } from '../../kit/destination.ts';
import type { Row } from '../answers.ts';
import { OUR_KEY } from '../our-key.ts';

/** What is read of a contact besides the properties that are compared. */
export const SYSTEM_PROPERTIES = [OUR_KEY, 'email', 'lifecyclestage', 'lastmodifieddate'];

/** A contact as a record of the contract; archived ones are not among the answers. Pure. */
export function toRemoteRecord({ id, properties, updatedAt }: Row, fields: readonly string[]) {
  const values = properties ?? {};
  const changed = toText(values['lastmodifieddate']) ?? updatedAt ?? null;
  return {
    id,
    version: changed ?? '',
    values: pickFields(values, fields, toText),
    parents: {},
    ourLeadId: readOurId(values, OUR_KEY),
    email: toText(values['email']),
    standing: 'open',
    status: toText(values['lifecyclestage']) ?? 'open',
    changedAt: parseDateTime(changed, 'UTC'),
  } satisfies RemoteRecord;
}

/** Values are text, which is empty for those that were cleared. */
export const toText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** Values as HubSpot takes them: text, which clears a property when it is empty. Pure. */
export const toProperties = (
  values: Readonly<Record<string, FieldValue>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === null ? '' : String(value)]),
  );
