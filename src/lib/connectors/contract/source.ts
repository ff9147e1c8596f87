import type { EntityName, EntityRecords } from '../../records/registry.ts';
import type { HttpResponse, HttpClient } from '../../platform/http/types.ts';

/** Where a stream continues. Any JSON value that the stream itself understands. */
export type Cursor = string | number | boolean | null | Cursor[] | { [key: string]: Cursor };

/**
 * What a stream may use while it reads. No clock, no database: what it needs of them is handed in.
 */
export interface ReadContext<Settings> {
  http: HttpClient;
  settings: Settings;
  /**
   * Decrypted secrets by name, as declared in `auth.secrets`. They go into headers and nowhere
   * else.
   */
  secrets: Record<string, string>;
  now: Date;
  /** What this pass is to read. Streams without `changes` are always asked for everything. */
  span: ReadSpan;
  /** How many requests of this connection may be under way at once. */
  concurrency: number;
  /** For partitioned streams: the external ids of the parents whose items are due to be read. */
  partitions: () => AsyncIterable<PartitionBatch>;
}

/**
 * What a pass reads.
 * - full: everything there is
 * - changes: what was created, changed or deleted since `since` (by time) or since `token` was
 *   handed out (by token)
 * - reconcile: everything there is, to find what passes over changes missed
 */
export interface ReadSpan {
  mode: 'full' | 'changes' | 'reconcile';
  /**
   * Source time from which changes are wanted; the look-back is taken off already. Null unless by
   * time.
   */
  since: Date | null;
  /** What the last finished pass left as `Page.token`. Null unless by token. */
  token: Cursor;
}

/** A slice of parents to read, and the cursor that is right once all of them are stored. */
export interface PartitionBatch {
  ids: string[];
  cursor: Cursor;
}

/** One response of a stream. */
export interface Page {
  /** The answer exactly as received: it is stored before anything of it is used. */
  response: HttpResponse;
  /** The items of the page in the order received. */
  items: unknown[];
  /** Where to continue after this page. */
  cursor: Cursor;
  /** True on the last page of a pass: everything there is has been listed. */
  last: boolean;
  /** For partitioned streams: the parent whose complete list this page is. */
  partition?: string;
  /** Ids that the page says are deleted, as delta queries do. An unknown id is no error. */
  deleted?: string[];
  /**
   * For streams that follow changes by token, on the last page: where the next pass over changes
   * begins.
   */
  token?: Cursor;
  /** How many items the source says there are in all, when it does. */
  expectedTotal?: number;
}

/** What a mapping may know besides the item. */
export interface MapContext<Settings> {
  settings: Settings;
  /** The partition of the page that the item came from, if any. */
  partition?: string | undefined;
  /** The item's place on its page, from 0: the only order that lookup lists have. */
  index: number;
}

/**
 * How absence is to be read.
 * - complete: a full pass lists everything, so what a pass did not list is gone
 * - window: a full pass lists all items whose `field` lies in [from, to), and nothing is said of
 *   others
 * - partitioned: each page is the complete list of one parent, named by the entity column `field`
 */
type Listing<Settings, Field extends string> =
  | { kind: 'complete' }
  | {
      kind: 'window';
      field: Field;
      window: (settings: Settings, now: Date) => { from: Date; to: Date };
    }
  | { kind: 'partitioned'; field: Field; parents: string };

/** How a source tells what changed. */
export interface Changes {
  /** By the source's own time of change, or by an opaque token that the source hands out. */
  by: 'time' | 'token';
  /**
   * How far behind the newest known change each pass begins, for what the source shows late. Only
   * by time.
   */
  lookbackSeconds: number;
  /** How often everything is listed all the same. */
  reconcileHours: number;
}

/** One kind of thing that a connection yields. */
export interface StreamDefinition<Settings, Entity extends EntityName = EntityName> {
  name: string;
  label: string;
  entity: Entity;
  listing: Listing<Settings, Extract<keyof EntityRecords[Entity], string>>;
  /** Absent: the source cannot say what changed, and each pass lists everything. */
  changes?: Changes;
  /** Reads pages from `cursor` (null = from the start) until the pass is complete. */
  read(context: ReadContext<Settings>, cursor: Cursor): AsyncIterable<Page>;
  /** The items of a stored body, without any call: what replay reads. Pure. */
  parse(body: string): unknown[];
  /** The id that the source gives an item; undefined when it has none. Pure. */
  identify(item: unknown): string | undefined;
  /**
   * One item as a record of the entity. Pure. Throws RecordRejected with a reason in plain words.
   */
  map(item: unknown, context: MapContext<Settings>): EntityRecords[Entity];
}

/** An item that cannot become a record. The message is shown to people: plain words, no payload. */
export class RecordRejected extends Error {
  override name = 'RecordRejected';
  /** The item's field to blame, when it is one: rejections alike are retried together. */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

/** Infers a stream's entity from its `entity` field. */
export function defineStream<Settings, Entity extends EntityName>(
  stream: StreamDefinition<Settings, Entity>,
): StreamDefinition<Settings> {
  return stream as unknown as StreamDefinition<Settings>;
}
