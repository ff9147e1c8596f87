import type { HttpResponse } from '../../platform/http/types.ts';
import type { ReadContext } from './source.ts';

/** The fields of a record that people may change at its source, by their names there. */
export type RecordState = Readonly<Record<string, string | null>>;

export type WriteContext<Settings> = Pick<ReadContext<Settings>, 'http' | 'settings'>;

/** A record as its source has it. */
export interface CurrentItem {
  state: RecordState;
  /** What tells this version of it from others; null when the source has none. */
  tag: string | null;
}

/** One change as it goes out. */
interface Change {
  externalId: string;
  wanted: RecordState;
  /** Only if the record is still this version of it. */
  tag: string | null;
}

/**
 * How records of one stream are changed at their source. Sending a change twice must come to the
 * same as once.
 */
export interface WriteBack<Settings = unknown> {
  stream: string;
  /**
   * The states that a record may take from this one, the likeliest first; not the one that it has.
   * Pure.
   */
  next(from: RecordState): RecordState[];
  /** State and version of an item as it was received. Pure. */
  current(item: unknown): CurrentItem;
  /** The record as it is now. Throws RemoteError. */
  read(context: WriteContext<Settings>, externalId: string): Promise<CurrentItem>;
  /** What `send` sends, for the audit trail. Pure. */
  body(wanted: RecordState): unknown;
  /**
   * Throws RemoteError; with status 412 the record is not (or, as some sources have it, seems not
   * to be) that version any more.
   */
  send(context: WriteContext<Settings>, change: Change): Promise<HttpResponse>;
}
