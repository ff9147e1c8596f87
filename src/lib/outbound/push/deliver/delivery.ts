import { RemoteError } from '../../../platform/http/errors.ts';
import type { AuditLog } from '../../audit-log.ts';
import { toStoredValue } from '../../../mappings/stored-value.ts';
import { findTargetField, nameObject } from '../../../mappings/target-fields.ts';
import { findExpectedFields, findMissingFields, type Plan } from '../../../mappings/plan.ts';
import type {
  Parents,
  RemoteRecord,
  RemoteObjects,
  WriteResult,
  FieldValue,
  ObjectRole,
  TargetField,
  TargetMetadata,
} from '../../../connectors/contract/destination.ts';
import type { LeasedPush } from '../lease.ts';
import { getOwn } from '../../../platform/own.ts';

/** The records that the push has reached so far; stored before each further write. */
export interface DeliveryProgress {
  remoteId: string | null;
  remoteIds: Record<string, string>;
  /** The records that this push created. */
  made: LeasedPush['made'];
}

/** One push while it is being delivered. */
export interface Delivery {
  push: LeasedPush;
  plan: Plan;
  values: Record<string, FieldValue>;
  changedAt: Date;
  metadata: TargetMetadata;
  /** What the CRM is called. */
  label: string;
  objects: RemoteObjects;
  /** The key of the lead's record in each role; null when it has none. */
  toKey(role: ObjectRole): string | null;
  auditLog: AuditLog;
  progress: DeliveryProgress;
}

/** How often a record may change between reading and writing it before the push gives up. */
export const maxRounds = 5;

/**
 * Whether an earlier attempt may have created records although its responses were lost: then the
 * push first looks for records with our own keys.
 */
const mayHaveCreated = ({ push }: Delivery): boolean => push.lease > 1;

/** What people call an object in the CRM, such as "account". */
export const nameOf = ({ metadata }: Delivery, role: ObjectRole): string =>
  nameObject(metadata, role);

export const listFields = ({ plan }: Delivery, role: ObjectRole): string[] =>
  Object.keys(plan.records[role]?.values ?? {});

/** The record that an earlier attempt made, if there is one. */
export const readOwnRecord = (
  delivery: Delivery,
  role: ObjectRole,
  key: string,
): Promise<RemoteRecord | null> =>
  delivery.objects.readOwn(role, { key, leadId: delivery.push.leadId }, listFields(delivery, role));

export function findField(
  { metadata }: Delivery,
  role: ObjectRole,
  name: string,
): TargetField | undefined {
  return findTargetField(metadata, role, name);
}

/** The value of a record in a field, in the form in which values are compared. */
export function readRemoteValue(
  delivery: Delivery,
  role: ObjectRole,
  record: RemoteRecord,
  name: string,
): FieldValue {
  const field = findField(delivery, role, name);
  return field === undefined ? null : toStoredValue(field, getOwn(record.values, name) ?? null);
}

/** The values whose fields the CRM allows to be written on creating or updating a record. */
export function pickWritable(
  delivery: Delivery,
  role: ObjectRole,
  act: 'creatable' | 'updatable',
  values: Record<string, FieldValue>,
): Record<string, FieldValue> {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => findField(delivery, role, name)?.[act] === true),
  );
}

/**
 * Creates a record. Throws RemoteError (malformed) before sending when a field that the CRM
 * requires has no value.
 */
export async function createRecord(
  delivery: Delivery,
  role: ObjectRole,
  key: string,
  parents: Parents,
  detect = false,
): Promise<WriteResult> {
  const { metadata, objects, plan, progress, label, auditLog } = delivery;
  const filled = Object.entries(plan.records[role]?.values ?? {}).filter(
    ([, value]) => value !== null,
  );
  const values = pickWritable(delivery, role, 'creatable', Object.fromEntries(filled));
  const missing = findMissingFields(metadata, role, values);
  if (missing.length > 0)
    throw new RemoteError(
      'malformed',
      `${label} requires ${quoteFields(missing)} of every ${nameOf(delivery, role)}, but no value ` +
        'is mapped to it. Add it to the lead or to the field mapping.',
    );
  const expected = findExpectedFields(metadata, role, values);
  if (expected.length > 0)
    auditLog.addNote(
      role,
      'note',
      `${label} asks people for ${quoteFields(expected)} of every ${nameOf(delivery, role)}. It is ` +
        'sent without.',
    );
  const written = await objects.create(
    { role, key, leadId: delivery.push.leadId, values, parents },
    { detect },
  );
  if (written.kind !== 'done') return written;
  progress.made = { ...progress.made, [role]: { id: written.id, version: written.version } };
  setRemoteId(progress, role, written.id);
  return written;
}

const quoteFields = (fields: readonly TargetField[]): string =>
  fields.map((field) => `"${field.label}" (${field.name})`).join(', ');

/** Updates a record, on the condition that it has not changed since it was read. */
export async function updateRecord(
  delivery: Delivery,
  role: ObjectRole,
  record: RemoteRecord,
  values: Record<string, FieldValue>,
  parents: Parents,
): Promise<WriteResult> {
  const { objects, progress } = delivery;
  const written = await objects.update({
    role,
    id: record.id,
    version: record.version,
    values,
    parents,
  });
  const made = progress.made[role];
  // Our own update does not count as a change by somebody else.
  if (written.kind === 'done' && made?.id === record.id && made.version === record.version)
    progress.made = { ...progress.made, [role]: { id: record.id, version: written.version } };
  return written;
}

/**
 * Counts the answers that a record exists, in the rounds of one record. The first one may be the
 * late answer to our own request, and the next round finds the record. If it answers so again,
 * another record has a value that must be unique, and no round will ever find it: throws
 * RemoteError (malformed).
 */
export class ExistingRecord {
  readonly #delivery: Delivery;
  readonly #role: ObjectRole;
  #answers = 0;

  constructor(delivery: Delivery, role: ObjectRole) {
    this.#delivery = delivery;
    this.#role = role;
  }

  /** Whether a record with our own key may exist. */
  get isPossible(): boolean {
    return this.#answers > 0 || mayHaveCreated(this.#delivery);
  }

  note({ kind }: WriteResult): void {
    if (kind !== 'exists') return;
    this.#answers += 1;
    if (this.#answers === 1) return;
    throw new RemoteError(
      'malformed',
      `Another ${nameOf(this.#delivery, this.#role)} in ${this.#delivery.label} already has a value that must be unique ` +
        'there. Correct or merge one of the two, then send the lead again.',
    );
  }
}

export function setRemoteId(progress: DeliveryProgress, role: ObjectRole, id: string): void {
  if (role === 'lead') progress.remoteId = id;
  else progress.remoteIds = { ...progress.remoteIds, [role]: id };
}

/** The parents that a record does not have yet: existing links are left as people made them. */
export function pickMissingParents(record: RemoteRecord, parents: Parents): Parents {
  return Object.fromEntries(
    Object.entries(parents).filter(([role]) => record.parents[role as ObjectRole] === undefined),
  );
}

export const unstableRecord = (delivery: Delivery, role: ObjectRole): RemoteError =>
  new RemoteError(
    'transient',
    `The ${nameOf(delivery, role)} in ${delivery.label} kept changing while it was being written. It is retried ` +
      'automatically.',
  );
