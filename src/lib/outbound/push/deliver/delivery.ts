import { RemoteError } from '../../../platform/http/errors.ts';
import type { AuditLog } from '../../audit-log.ts';
import { toStoredValue } from '../../../mappings/stored-value.ts';
import { findExpectedFields, findMissingFields, type Plan } from '../../../mappings/plan.ts';
import type {
  Parents,
  RemoteRecord,
  RemoteTables,
  WriteResult,
  FieldValue,
  PushTable,
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
  tables: RemoteTables;
  auditLog: AuditLog;
  progress: DeliveryProgress;
}

/** How often a record may change between reading and writing it before the push gives up. */
export const maxRounds = 5;

/**
 * Whether an earlier attempt may have created records although its responses were lost: then the
 * push first looks for records with our own ids.
 */
const mayHaveCreated = ({ push }: Delivery): boolean => push.lease > 1;

export const listFields = ({ plan }: Delivery, table: PushTable): string[] =>
  Object.keys(plan.tables[table]?.values ?? {});

export function findField(
  { metadata }: Delivery,
  table: PushTable,
  name: string,
): TargetField | undefined {
  return metadata.tables[table].fields.find((field) => field.name === name);
}

/** The value of a record in a field, in the form in which values are compared. */
export function readRemoteValue(
  delivery: Delivery,
  table: PushTable,
  record: RemoteRecord,
  name: string,
): FieldValue {
  const field = findField(delivery, table, name);
  return field === undefined ? null : toStoredValue(field, getOwn(record.values, name) ?? null);
}

/** The values whose fields the CRM allows to be written on creating or updating a record. */
export function pickWritable(
  delivery: Delivery,
  table: PushTable,
  act: 'creatable' | 'updatable',
  values: Record<string, FieldValue>,
): Record<string, FieldValue> {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => findField(delivery, table, name)?.[act] === true),
  );
}

/**
 * Creates a record. Throws RemoteError (malformed) before sending when a field that the CRM
 * requires has no value.
 */
export async function createRecord(
  delivery: Delivery,
  table: PushTable,
  id: string,
  parents: Parents,
  detect = false,
): Promise<WriteResult> {
  const { metadata, tables, plan, progress, label, auditLog } = delivery;
  const filled = Object.entries(plan.tables[table]?.values ?? {}).filter(
    ([, value]) => value !== null,
  );
  const values = pickWritable(delivery, table, 'creatable', Object.fromEntries(filled));
  const missing = findMissingFields(metadata, table, values);
  if (missing.length > 0)
    throw new RemoteError(
      'malformed',
      `${label} requires ${quoteFields(missing)} of every ${table}, but no value is mapped to ` +
        'it. Add it to the lead or to the field mapping.',
    );
  const expected = findExpectedFields(metadata, table, values);
  if (expected.length > 0)
    auditLog.addNote(
      table,
      'note',
      `${label} asks people for ${quoteFields(expected)} of every ${table}. It is sent without.`,
    );
  const written = await tables.create({ table, id, values, parents }, { detect });
  if (written.kind !== 'done') return written;
  progress.made = { ...progress.made, [table]: { id, etag: written.etag } };
  setRemoteId(progress, table, id);
  return written;
}

const quoteFields = (fields: readonly TargetField[]): string =>
  fields.map((field) => `"${field.label}" (${field.name})`).join(', ');

/** Updates a record, on the condition that it has not changed since it was read. */
export async function updateRecord(
  delivery: Delivery,
  table: PushTable,
  record: RemoteRecord,
  values: Record<string, FieldValue>,
  parents: Parents,
): Promise<WriteResult> {
  const { tables, progress } = delivery;
  const written = await tables.update({ table, id: record.id, etag: record.etag, values, parents });
  const made = progress.made[table];
  // Our own update does not count as a change by somebody else.
  if (written.kind === 'done' && made?.id === record.id && made.etag === record.etag)
    progress.made = { ...progress.made, [table]: { id: record.id, etag: written.etag } };
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
  readonly #table: PushTable;
  #answers = 0;

  constructor(delivery: Delivery, table: PushTable) {
    this.#delivery = delivery;
    this.#table = table;
  }

  /** Whether a record with our own id may exist. */
  get isPossible(): boolean {
    return this.#answers > 0 || mayHaveCreated(this.#delivery);
  }

  note({ kind }: WriteResult): void {
    if (kind !== 'exists') return;
    this.#answers += 1;
    if (this.#answers === 1) return;
    throw new RemoteError(
      'malformed',
      `Another ${this.#table} in ${this.#delivery.label} already has a value that must be unique ` +
        'there. Correct or merge one of the two, then send the lead again.',
    );
  }
}

export function setRemoteId(progress: DeliveryProgress, table: PushTable, id: string): void {
  if (table === 'lead') progress.remoteId = id;
  else progress.remoteIds = { ...progress.remoteIds, [table]: id };
}

/** The parents that a record does not have yet: existing links are left as people made them. */
export function pickMissingParents(record: RemoteRecord, parents: Parents): Parents {
  return Object.fromEntries(
    Object.entries(parents).filter(([table]) => record.parents[table as PushTable] === undefined),
  );
}

export const unstableRecord = ({ label }: Delivery, table: PushTable): RemoteError =>
  new RemoteError(
    'transient',
    `The ${table} in ${label} kept changing while it was being written. It is retried ` +
      'automatically.',
  );
