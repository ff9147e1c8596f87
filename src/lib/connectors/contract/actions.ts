import type { ActionKey, Choice, RecordState } from '../../records/actions.ts';
import type { ReadContext } from './source.ts';

export type { ActionKey, Choice, RecordState };

export type WriteContext<Settings> = Pick<ReadContext<Settings>, 'http' | 'settings' | 'secrets'>;

/** A record as it currently is at its source. */
export interface CurrentItem {
  state: RecordState;
  /** The other fields that a person sees while deciding, by the names of our record. */
  facts: RecordState;
  /** Identifies this version of the record; null when the source has no versions. */
  tag: string | null;
}

/** One change to be sent. */
interface Change {
  externalId: string;
  wanted: RecordState;
  /** The change only applies to this version of the record. */
  tag: string | null;
}

/** One thing that a person enters. */
export interface ActionField {
  name: string;
  label: string;
  /**
   * - choice: a value that the source lists
   * - line, text: text in one line or in several
   * - day: an ISO date
   * - moment: a date and a time of the clock, such as 2026-12-01T09:30, in the zone of the account
   */
  kind: 'choice' | 'line' | 'text' | 'day' | 'moment';
  /** Characters at most, for text. */
  max?: number;
  /** It may be left empty. */
  optional?: true;
}

interface ActionBase<Settings> {
  key: ActionKey;
  /** What its button says, such as "Change the stage". */
  label: string;
  /** The stream whose records it applies to. */
  stream: string;
  /** Requests the values of its field of the kind `choice`. Throws RemoteError. */
  choices?(context: WriteContext<Settings>): Promise<Choice[]>;
}

/**
 * Changes fields of records at their source. Sending a change twice must have the same effect as
 * sending it once. Lists need not hold versions, so a record is read before it is changed.
 */
export interface ChangeAction<Settings = unknown> extends ActionBase<Settings> {
  kind: 'change';
  /** The one field that a person enters; its name is that of the field at the source. */
  field?: ActionField;
  /**
   * The states that may follow this one, the most likely first. Never includes it. Absent when the
   * choices say so. Pure.
   */
  next?(from: RecordState): RecordState[];
  /** The state of an item as received from a list or alone. Pure. */
  current(item: unknown): Omit<CurrentItem, 'tag'>;
  /** Requests the record as it is now. Throws RemoteError. */
  read(context: WriteContext<Settings>, externalId: string): Promise<CurrentItem>;
  /** The body that `send` sends, for the audit trail. Pure. */
  body(wanted: RecordState): unknown;
  /**
   * Returns the response. Throws RemoteError. Status 409 or 412 means that the record is no longer that version, although
   * some sources also send it when the record still is.
   */
  send(context: WriteContext<Settings>, change: Change): Promise<object>;
}

/** Something to be added to a record. */
export interface Addition {
  /** Our own id of it, a UUID: the same in every attempt. */
  id: string;
  externalId: string;
  /** What the person entered, by the names of the fields; what was left empty is missing. */
  values: Readonly<Record<string, string>>;
  /** When the person asked for it. */
  requestedAt: Date;
}

/**
 * Adds something to records at their source, such as a note. Sending it twice may add it twice, so
 * it is never sent again before `find` has looked for it; without `find`, never at all.
 */
export interface AddAction<Settings = unknown> extends ActionBase<Settings> {
  kind: 'add';
  fields: readonly ActionField[];
  /** Whether an earlier attempt has added it. Throws RemoteError. */
  find?(context: WriteContext<Settings>, addition: Addition): Promise<boolean>;
  /** The body that `send` sends, for the audit trail. Pure. */
  body(addition: Addition): unknown;
  /**
   * Sends one write, and before it at most requests that read. Returns the response. Throws
   * RemoteError.
   */
  send(context: WriteContext<Settings>, addition: Addition): Promise<object>;
}

export type ActionDefinition<Settings = unknown> = ChangeAction<Settings> | AddAction<Settings>;

/** What a person enters for an action. Pure. */
export const listActionFields = (action: ActionDefinition): readonly ActionField[] =>
  action.kind === 'add' ? action.fields : action.field === undefined ? [] : [action.field];
