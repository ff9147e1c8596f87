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
  /** One of our fields (src/lib/mappings/lead-fields.ts), or a constant behind "=": "=Tributary". */
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
