import { createHash } from 'node:crypto';
import {
  pushTables,
  type TargetField,
  type TargetMetadata,
} from '../../connectors/contract/destination.ts';
import { remotelyDeleted, wholeRecordField, type ConflictRow } from '../conflicts.ts';

type Sides = Pick<ConflictRow, 'ours' | 'theirs'>;

/** Hex digits of a digest: enough to tell two states of one conflict apart. */
const digestLength = 16;

/**
 * A digest of what a person saw of a conflict when they decided: another digest means that the
 * conflict has changed since.
 */
export const hashConflict = ({ ours, theirs }: Sides): string =>
  digest(JSON.stringify([ours, theirs]));

/** As `hashConflict`, of all open conflicts of a push together. */
export const conflictsDigest = (rows: readonly Sides[]): string =>
  digest(rows.map(hashConflict).toSorted().join());

const digest = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digestLength);

/** Whether the conflict is about a record as a whole: of the lead, or of its opportunity. */
export const isWholeRecord = ({ field }: Pick<ConflictRow, 'field'>): boolean =>
  field === wholeRecordField || field.endsWith('.@record');

/** Whether the record is lost to us (deleted, or another lead's) rather than closed. */
export const isRecordLost = ({ theirs }: Pick<ConflictRow, 'theirs'>): boolean =>
  [remotelyDeleted, 'belongs to another lead', 'taken for a duplicate'].includes(theirs ?? '');

/**
 * A remote field by its name in conflicts: the plain name for a field of the lead, else with the
 * table's name before it.
 */
export function findTargetField(
  { metadata }: { metadata: TargetMetadata },
  name: string,
): { table: (typeof pushTables)[number]; field: TargetField } | undefined {
  const [before, after] = name.split('.', 2);
  const table = after === undefined ? 'lead' : pushTables.find((one) => one === before);
  const field =
    table === undefined
      ? undefined
      : metadata.tables[table].fields.find((one) => one.name === (after ?? before));
  return table === undefined || field === undefined ? undefined : { table, field };
}
