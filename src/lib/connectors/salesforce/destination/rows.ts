import type { FieldValue, RecordStanding, RemoteRecord } from '../../contract/destination.ts';
import { parseDateTime } from '../../kit/date-time.ts';
import { readFlag, readText, parseRow, readValue } from '../mapping/values.ts';
import { readOurLeadId } from '../our-key.ts';

/** What is read of a lead besides the fields that are compared. */
export const SYSTEM_FIELDS = ['Id', 'LastModifiedDate', 'IsConverted', 'Status', 'Email'];

/** A row of a response as a record of the contract. Throws RecordRejected without an id. Pure. */
export function toRemoteRecord(item: unknown, fields: readonly string[]): RemoteRecord {
  const row = parseRow(item);
  const changed = readText(row, 'LastModifiedDate');
  return {
    id: row.id,
    version: changed ?? '',
    values: pickFields(row, fields),
    parents: {},
    ourLeadId: readOurLeadId(row),
    email: readText(row, 'Email'),
    ...toStanding(row),
    changedAt: parseDateTime(changed, 'UTC'),
  };
}

/** A lead with a closed status can still be changed: only one that was converted cannot. */
function toStanding(row: object): { standing: RecordStanding; status: string } {
  return readFlag(row, 'IsConverted') === true
    ? { standing: 'converted', status: 'converted' }
    : { standing: 'open', status: readText(row, 'Status') ?? 'open' };
}

/** The values of the named fields; fields that the row lacks are left out. */
const pickFields = (row: object, names: readonly string[]): Record<string, FieldValue> =>
  Object.fromEntries(
    names
      .filter((name) => Object.hasOwn(row, name))
      .map((name) => [name, (readValue(row, name) ?? null) as FieldValue]),
  );
