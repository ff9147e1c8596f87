/** What people may do to a record at its source. A stream has at most one action of each key. */
export const actionKeys = ['status', 'stage', 'owner', 'note', 'task', 'event'] as const;
export type ActionKey = (typeof actionKeys)[number];

/** The fields of a record that people may change at its source, by the names they have there. */
export type RecordState = Readonly<Record<string, string | null>>;

/** A value that a person may choose. */
export interface Choice {
  value: string;
  label: string;
  /** The state and facts of the records that may have it; absent for all records. */
  when?: RecordState;
}
