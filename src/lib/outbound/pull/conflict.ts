import { createHash } from 'node:crypto';
import {
  objectRoles,
  type ObjectRole,
  type TargetField,
  type TargetMetadata,
} from '../../connectors/contract/destination.ts';
import { findTargetField } from '../../mappings/target-fields.ts';
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

/** Whether the conflict is about a record as a whole: of the lead, or of its deal. */
export const isWholeRecord = ({ field }: Pick<ConflictRow, 'field'>): boolean =>
  field === wholeRecordField || field.endsWith('.@record');

/** Whether the record is lost to us (deleted, or another lead's) rather than closed. */
export const isRecordLost = ({ theirs }: Pick<ConflictRow, 'theirs'>): boolean =>
  [remotelyDeleted, 'belongs to another lead', 'taken for a duplicate'].includes(theirs ?? '');

/**
 * A remote field by its name in conflicts: the plain name for a field of the lead, else with the
 * role before it.
 */
export function locateField(
  { metadata }: { metadata: TargetMetadata },
  name: string,
): { role: ObjectRole; field: TargetField } | undefined {
  const other = objectRoles.find((role) => role !== 'lead' && name.startsWith(`${role}.`));
  const role = other ?? 'lead';
  const field = findTargetField(
    metadata,
    role,
    other === undefined ? name : name.slice(other.length + 1),
  );
  return field === undefined ? undefined : { role, field };
}
