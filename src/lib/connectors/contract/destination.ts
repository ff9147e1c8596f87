import type { HttpClient } from '../../platform/http/types.ts';

/** The tables of a CRM that a push writes to, in that order. */
export const pushTables = ['account', 'contact', 'lead', 'opportunity'] as const;
export type PushTable = (typeof pushTables)[number];

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

/** One row of the field mapping. */
export interface FieldMapping {
  table: PushTable;
  /** Name of the field in the CRM, such as hnt_finalscore. */
  target: string;
  /**
   * One of our fields (src/lib/mappings/lead-fields.ts), or a constant behind "=": "=Tributary".
   */
  source: string;
  /** For option sets with other labels: from our value to the label in the CRM. */
  labels?: Record<string, string>;
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
  options: { value: number; label: string }[] | null;
}

export interface TargetMetadata {
  tables: Record<
    PushTable,
    {
      fields: TargetField[];
      /** The columns of each alternate key that is active. */
      keys: string[][];
      changeTracking: boolean;
    }
  >;
}

/** A record of the CRM as it was read. */
export interface RemoteRecord {
  id: string;
  /** Its version. A write that names it fails if the record has changed in the meantime. */
  etag: string;
  /** The requested fields; those that the CRM lacks are left out. */
  values: Record<string, FieldValue>;
  /** The ids of the records that it points to, by table. */
  parents: Parents;
  /** The id of our lead that is stored in it. */
  ourLeadId: string | null;
  email: string | null;
  /** False when it is closed (qualified, lost, inactive) and can no longer be changed. */
  isOpen: boolean;
  /** Its state in the words of the CRM. */
  status: string;
  changedAt: Date | null;
}

export type Parents = Partial<Record<PushTable, string>>;

/** What a search looks for. */
export type SearchKey =
  /** The id of our lead that is stored in the record. */
  | { by: 'ours'; leadId: string }
  | { by: 'email'; email: string }
  /** The domain of the website or e-mail address. */
  | { by: 'domain'; domain: string }
  /** The opportunities that originate from a lead of the CRM. */
  | { by: 'lead'; remoteLeadId: string };

/** The result of a write. Any other outcome is thrown as a RemoteError. */
export type WriteResult =
  /** `kept`: the fields that were sent, as the CRM stored them; those that it returned. */
  | { kind: 'done'; etag: string; kept: Record<string, FieldValue> }
  /** A record with this id or the same alternate key already exists. */
  | { kind: 'exists' }
  /** The record has changed since it was read. */
  | { kind: 'stale' }
  | { kind: 'gone' }
  /** The CRM considers another record a duplicate. */
  | { kind: 'duplicate' };

export interface Write {
  table: PushTable;
  id: string;
  values: Record<string, FieldValue>;
  parents: Parents;
}

/**
 * Reads and writes records of one CRM, one at a time. Every write is conditional, so repeating it
 * does no harm.
 */
export interface RemoteTables {
  read(table: PushTable, id: string, fields: readonly string[]): Promise<RemoteRecord | null>;
  /** At most ten records, oldest first; none if the CRM does not support this search. */
  search(table: PushTable, key: SearchKey, fields: readonly string[]): Promise<RemoteRecord[]>;
  /**
   * Creates a record with that id unless it exists. With `detect`, the duplicate detection of the
   * CRM may reject it.
   */
  create(write: Write, options: { detect: boolean }): Promise<WriteResult>;
  update(write: Write & { etag: string }): Promise<WriteResult>;
  remove(table: PushTable, id: string, etag: string): Promise<WriteResult>;
}

/** What a push may use. The client records each request for the audit trail. */
interface PushContext<Settings> {
  http: HttpClient;
  settings: Settings;
}

/** Writes leads to a CRM. */
export interface PushDefinition<Settings = unknown> {
  /** The field mapping that applies until a workspace changes it. */
  defaultMapping: readonly FieldMapping[];
  /** Requests the definitions of fields, option sets and keys. Throws RemoteError. */
  describe(context: PushContext<Settings>): Promise<TargetMetadata>;
  /** The tables that a push writes to, according to the result of `describe`. */
  tables(context: PushContext<Settings>, metadata: TargetMetadata): RemoteTables;
  /** The page of a lead in the CRM. Pure. When absent, our pages only show the id. */
  recordUrl?(settings: Settings, remoteId: string): string;
}
