import type { RecordStanding, RemoteRecord } from '../../contract/destination.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { pickFields, readOurId } from '../../kit/destination.ts';
import { readFlag, readText, parseRow } from '../mapping/values.ts';
import { OUR_KEY } from '../our-key.ts';

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
    ourLeadId: readOurId(row, OUR_KEY),
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
