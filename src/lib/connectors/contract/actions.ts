import type { HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from './source.ts';

/** The fields of a record that people may change at its source, by the names they have there. */
export type RecordState = Readonly<Record<string, string | null>>;

export type WriteContext<Settings> = Pick<ReadContext<Settings>, 'http' | 'settings'>;

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

/**
 * Changes records of one stream at their source. Sending a change twice must have the same effect
 * as sending it once. Lists need not hold versions, so a record is read before it is changed.
 */
export interface WriteBack<Settings = unknown> {
  stream: string;
  /** The states that may follow this one, the most likely first. Never includes it. Pure. */
  next(from: RecordState): RecordState[];
  /** The state of an item as received from a list or alone. Pure. */
  current(item: unknown): Omit<CurrentItem, 'tag'>;
  /** Requests the record as it is now. Throws RemoteError. */
  read(context: WriteContext<Settings>, externalId: string): Promise<CurrentItem>;
  /** The body that `send` sends, for the audit trail. Pure. */
  body(wanted: RecordState): unknown;
  /**
   * Throws RemoteError. Status 409 or 412 means that the record is no longer that version, although
   * some sources also send it when the record still is.
   */
  send(context: WriteContext<Settings>, change: Change): Promise<HttpResponse>;
}
