import type { FieldSchema } from '../../conversion/schema/shape.ts';
import type { HttpClient } from '../../platform/http/types.ts';

/**
 * What the objects of a CRM are to a push, parents before children. The engine knows nothing else
 * of an object: Account in one CRM and Company in another are both a company.
 */
export const objectRoles = ['company', 'contact', 'lead', 'deal'] as const;
export type ObjectRole = (typeof objectRoles)[number];

/** The value of a field, as it is sent and compared. */
export type FieldValue = string | number | boolean | null;

/**
 * Which value wins when a field differs.
 * - ours: our value overwrites theirs
 * - theirs: their value stays and is copied to us
 * - newest: the value that was changed last
 * - ask: the value that changed; when both did, a person decides
 */
export const conflictRules = ['ours', 'theirs', 'newest', 'ask'] as const;
export type ConflictRule = (typeof conflictRules)[number];

/**
 * One row of the field mapping: an entry of a conversion schema, the object that its target belongs
 * to, and who wins. `target` is the name of the field in the CRM, such as emailaddress1; `sources`
 * are keys of our catalogue (src/lib/mappings/lead-fields.ts).
 */
export interface FieldMapping extends FieldSchema {
  role: ObjectRole;
  rule: ConflictRule;
}

/** The definition of a field in the CRM. */
export interface TargetField {
  name: string;
  label: string;
  type:
    | 'text'
    | 'memo'
    | 'integer'
    | 'decimal'
    | 'money'
    | 'boolean'
    | 'datetime'
    | 'date'
    | 'option'
    | 'lookup'
    | 'other';
  /** The CRM rejects records without it. */
  required: boolean;
  /**
   * Its forms ask people for a value, but programs may leave it out. Absent in descriptions that an
   * older version stored.
   */
  expected?: boolean;
  creatable: boolean;
  updatable: boolean;
  maxLength: number | null;
  min: number | null;
  max: number | null;
  /** The values and labels of an option set; null for other types. */
  options: { value: number | string; label: string }[] | null;
}

/** One object of the CRM, as the CRM describes it. */
export interface TargetObject {
  /** What people call it there, as in "the account was deleted". */
  label: string;
  fields: TargetField[];
  /** The fields of each alternate key that is active. */
  keys: string[][];
}

/** The objects that a push can write to. Roles that the CRM has no object for are absent. */
export interface TargetMetadata {
  objects: Partial<Record<ObjectRole, TargetObject>>;
}

/**
 * Where a record stands.
 * - open: it can be changed
 * - converted: a lead that lives on as its deal, and can no longer be changed
 * - closed: lost, won, inactive or merged; it can no longer be changed
 */
export type RecordStanding = 'open' | 'converted' | 'closed';

/** A record of the CRM as it was read. */
export interface RemoteRecord {
  id: string;
  /**
   * Names the version that was read: a write that names it fails if the record has changed in the
   * meantime. Empty where the CRM cannot guard writes.
   */
  version: string;
  /** The requested fields; those that the CRM lacks are left out. */
  values: Record<string, FieldValue>;
  /** The ids of the records that it points to, by role. */
  parents: Parents;
  /** The id of our lead that is stored in it. */
  ourLeadId: string | null;
  email: string | null;
  standing: RecordStanding;
  /** Its state in the words of the CRM. */
  status: string;
  changedAt: Date | null;
}

export type Parents = Partial<Record<ObjectRole, string>>;

/** What a search looks for. */
export type SearchKey =
  /** The id of our lead that is stored in the record. */
  | { by: 'ours'; leadId: string }
  | { by: 'email'; email: string }
  /** The domain of the website or e-mail address. */
  | { by: 'domain'; domain: string }
  /** The deals that originate from a lead of the CRM. */
  | { by: 'lead'; remoteLeadId: string };

/** The result of a write. Any other outcome is thrown as a RemoteError. */
export type WriteResult =
  | {
      kind: 'done';
      id: string;
      /** As in `RemoteRecord`. */
      version: string;
      /** The fields that were sent, as the CRM stored them; those that it returned. */
      kept: Record<string, FieldValue>;
    }
  /** A record with this key or the same alternate key already exists. */
  | { kind: 'exists' }
  /** The record has changed since it was read. */
  | { kind: 'stale' }
  | { kind: 'gone' }
  /** The CRM considers another record a duplicate. */
  | { kind: 'duplicate' };

interface Write {
  role: ObjectRole;
  values: Record<string, FieldValue>;
  parents: Parents;
}

/** What a record is created under, the same in each attempt. */
export interface RecordKey {
  /** A UUID that follows from what the record is about. */
  key: string;
  /** The lead that it is made for. Of a lead's own record this is a key, too. */
  leadId: string;
}

interface NewRecord extends Write, RecordKey {}

export interface RecordChange extends Write {
  id: string;
  version: string;
}

/**
 * Reads and writes records of one CRM, one at a time. A creation is bound to its key and a change
 * to the version that was read, so repeating either does no harm.
 */
export interface RemoteObjects {
  /**
   * The id that a record gets that is created with `key`; null where the CRM chooses the ids. Pure.
   */
  toId(role: ObjectRole, key: string): string | null;
  read(role: ObjectRole, id: string, fields: readonly string[]): Promise<RemoteRecord | null>;
  /** The record that was created under a key. Null only when there certainly is none. */
  readOwn(
    role: ObjectRole,
    key: RecordKey,
    fields: readonly string[],
  ): Promise<RemoteRecord | null>;
  /** At most ten records, oldest first; none if the CRM does not support this search. */
  search(role: ObjectRole, key: SearchKey, fields: readonly string[]): Promise<RemoteRecord[]>;
  /**
   * Creates a record with that key unless it exists. With `detect`, the duplicate detection of the
   * CRM may reject it.
   */
  create(record: NewRecord, options: { detect: boolean }): Promise<WriteResult>;
  update(change: RecordChange): Promise<WriteResult>;
  remove(role: ObjectRole, id: string, version: string): Promise<WriteResult>;
}

/** What a push may use. The client records each request for the audit trail. */
export interface PushContext<Settings = unknown> {
  http: HttpClient;
  settings: Settings;
  /** Decrypted secrets by name, as declared in `auth.secrets`. They only belong in headers. */
  secrets: Record<string, string>;
}

/** Writes leads to a CRM. */
export interface PushDefinition<Settings = unknown> {
  /**
   * The CRM's name of each object, such as "account". The keys of its records are derived from it,
   * so it must never change.
   */
  objects: Readonly<Partial<Record<ObjectRole, string>>>;
  /** The field mapping that applies until a workspace changes it. */
  defaultMapping: readonly FieldMapping[];
  /** Fields, besides those that look like it, whose values name people: masked in the audit log. */
  personalFields?: readonly string[];
  /** Requests the definitions of fields, option sets and keys. Throws RemoteError. */
  describe(context: PushContext<Settings>): Promise<TargetMetadata>;
  /** The objects that a push writes to, according to the result of `describe`. */
  open(context: PushContext<Settings>, metadata: TargetMetadata): RemoteObjects;
  /**
   * The fields of an item of the stream of leads, by the names that `describe` gives them. Absent
   * where items are such an object themselves. Pure.
   */
  toFields?(item: unknown): Record<string, unknown>;
  /** The page of a lead in the CRM. Pure. When absent, our pages only show the id. */
  recordUrl?(settings: Settings, remoteId: string): string;
}
