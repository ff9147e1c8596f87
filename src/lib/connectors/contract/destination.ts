import type { HttpClient } from '../../platform/http/types.ts';

/** The tables of a CRM that a push writes to, in the order in which it does. */
export const pushTables = ['account', 'contact', 'lead', 'opportunity'] as const;
export type PushTable = (typeof pushTables)[number];

/** A value as it is sent and compared. */
export type FieldValue = string | number | boolean | null;

/**
 * Who wins when a field differs.
 * - ours: what we say is written over theirs
 * - theirs: theirs stays and comes back to us
 * - newest: whoever changed it last
 * - ask: as long as only one side changed it, that side; when both did, a person decides
 */
export const conflictRules = ['ours', 'theirs', 'newest', 'ask'] as const;
export type ConflictRule = (typeof conflictRules)[number];

/** One row of the field mapping. */
export interface FieldMapping {
  table: PushTable;
  /** Name of the field there, such as hnt_finalscore. */
  target: string;
  /**
   * One of our fields (src/lib/mappings/lead-fields.ts), or a constant behind "=": "=Tributary".
   */
  source: string;
  /** Ours by the value of theirs, for option sets whose labels differ: ours -> label there. */
  labels?: Record<string, string>;
  rule: ConflictRule;
}

/** What the CRM says of one of its fields. */
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
    | 'option'
    | 'lookup'
    | 'other';
  /** The CRM refuses a record without it. */
  required: boolean;
  creatable: boolean;
  updatable: boolean;
  maxLength: number | null;
  min: number | null;
  max: number | null;
  /** Of an option set: value and label. */
  options: { value: number; label: string }[] | null;
}

export interface TargetMetadata {
  tables: Record<
    PushTable,
    {
      fields: TargetField[];
      /** Columns of alternate keys that are active. */ keys: string[][];
      changeTracking: boolean;
    }
  >;
}

/** A record of the CRM, as it was read. */
export interface RemoteRecord {
  id: string;
  /** Its version: a write that names it fails when the record has changed since. */
  etag: string;
  /** Of the fields that were asked for; those that are not there are missing. */
  values: Record<string, FieldValue>;
  /** The records that it points to. */
  parents: Parents;
  /** Id of the lead of ours that it says it belongs to. */
  ourLeadId: string | null;
  email: string | null;
  /** False when it is closed there (qualified, lost, inactive): then it cannot be changed. */
  isOpen: boolean;
  /** How it stands there, in the CRM's words. */
  status: string;
  changedAt: Date | null;
}

export type Parents = Partial<Record<PushTable, string>>;

/** By what a record is looked for. */
export type SearchKey =
  /** The id of our lead that it carries. */
  | { by: 'ours'; leadId: string }
  | { by: 'email'; email: string }
  /** The domain of its website or e-mail address. */
  | { by: 'domain'; domain: string }
  /** Opportunities that came of a lead there. */
  | { by: 'lead'; remoteLeadId: string };

/** What became of a write. Everything else is a RemoteError. */
export type WriteResult =
  /** `kept`: the fields that were sent as the CRM keeps them, as far as it says so. */
  | { kind: 'done'; etag: string; kept: Record<string, FieldValue> }
  /** There is a record with this id, or with the same alternate key, already. */
  | { kind: 'exists' }
  /** It has changed since it was read. */
  | { kind: 'stale' }
  | { kind: 'gone' }
  /** The CRM takes another record for the same. */
  | { kind: 'duplicate' };

export interface Write {
  table: PushTable;
  id: string;
  values: Record<string, FieldValue>;
  parents: Parents;
}

/**
 * The tables of one CRM, to read and write one record at a time. Every write is conditional, so
 * that repeating it does no harm.
 */
export interface RemoteTables {
  read(table: PushTable, id: string, fields: readonly string[]): Promise<RemoteRecord | null>;
  /** At most ten, the oldest first; none where the CRM cannot be asked that way. */
  search(table: PushTable, key: SearchKey, fields: readonly string[]): Promise<RemoteRecord[]>;
  /**
   * Makes a record of that id unless there is one. `detect`: the CRM's own duplicate detection may
   * object.
   */
  create(write: Write, options: { detect: boolean }): Promise<WriteResult>;
  update(write: Write & { etag: string }): Promise<WriteResult>;
  remove(table: PushTable, id: string, etag: string): Promise<WriteResult>;
}

/** What a push may use. The client notes each request for the audit trail. */
interface PushContext<Settings> {
  http: HttpClient;
  settings: Settings;
}

/** How leads are written into a system. */
export interface PushDefinition<Settings = unknown> {
  /** Which of our fields fills which of its fields, until a workspace says otherwise. */
  defaultMapping: readonly FieldMapping[];
  /** Reads what the system says of its own fields, option sets and keys. Throws RemoteError. */
  describe(context: PushContext<Settings>): Promise<TargetMetadata>;
  /** The tables that a push writes to, by what `describe` said of them. */
  tables(context: PushContext<Settings>, metadata: TargetMetadata): RemoteTables;
  /** Where a person opens the lead of that id there. Pure. Absent: the pages show the id alone. */
  recordUrl?(settings: Settings, remoteId: string): string;
}
