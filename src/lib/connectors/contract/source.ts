import type { MappingSchema } from '../../conversion/schema/shape.ts';
import type { JsonObject } from '../../conversion/transformations/kit/value.ts';
import type { StatedLink } from '../../records/link.ts';
import type { EntityName, EntityRecords, RecordKeys } from '../../records/registry.ts';
import type { HttpResponse, HttpClient } from '../../platform/http/types.ts';

/** Where a stream continues: any JSON value that the stream itself understands. */
export type Cursor = string | number | boolean | null | Cursor[] | { [key: string]: Cursor };

/** What a stream may use while it reads. It has no access to the clock or the database. */
export interface ReadContext<Settings> {
  http: HttpClient;
  settings: Settings;
  /** Decrypted secrets by name, as declared in `auth.secrets`. They only belong in headers. */
  secrets: Record<string, string>;
  now: Date;
  /** What this pass reads. For streams without `changes` it is always everything. */
  span: ReadSpan;
  /**
   * The paths that the mapping in force reads of an item, for sources that have to be asked for each
   * field. What stands there beyond the default mapping was chosen by a person, so it need not
   * exist.
   */
  paths: readonly string[];
  /** How many requests of this connection may be in flight. */
  concurrency: number;
  /** For partitioned streams: the external ids of the parents whose items are due to be read. */
  partitions: () => AsyncIterable<PartitionBatch>;
}

/** What a request may use that reads no stream, such as the check of the credentials. */
export type CallContext<Settings> = Omit<ReadContext<Settings>, 'partitions' | 'span' | 'paths'>;

/**
 * What a pass reads.
 * - full: everything
 * - changes: what was created, changed or deleted after `since` (by time) or after `token` was
 *   issued (by token)
 * - reconcile: everything, to find what passes over changes have missed
 */
export interface ReadSpan {
  mode: 'full' | 'changes' | 'reconcile';
  /** Source time from which changes are wanted, with the look-back applied. Null unless by time. */
  since: Date | null;
  /** `Page.token` of the last finished pass. Null unless by token, and before the first one. */
  token: Cursor;
}

/** A batch of parents to read, and the cursor that applies once all of them are stored. */
export interface PartitionBatch {
  ids: string[];
  cursor: Cursor;
}

/** One response of a stream. */
export interface Page {
  /**
   * The response as received. It is stored before anything in it is used. Where an item takes more
   * than one response, such as a row and the names of what it points to, the stream puts one body
   * together that holds each item whole.
   */
  response: HttpResponse;
  /** The items in the order received. */
  items: unknown[];
  /** Where to continue after this page. */
  cursor: Cursor;
  /** True on the last page of a pass, when everything has been listed. */
  last: boolean;
  /** For partitioned streams: the parent whose complete list this page contains. */
  partition?: string;
  /** Ids that the page reports as deleted, as in delta queries. Unknown ids are ignored. */
  deleted?: string[];
  /** On the last page of streams that follow changes by token: where the next pass begins. */
  token?: Cursor;
  /** The total number of items according to the source, if it sends one. */
  expectedTotal?: number;
}

/** What a connector may use besides the item to make it out. */
export interface ItemContext<Settings> {
  settings: Settings;
  /** The currency of the workspace (ISO 4217), in which amounts are that name no other. */
  currency: string;
  /** The partition of the page that contains the item, if any. */
  partition?: string | undefined;
  /** The position of the item on its page, from 0: the only order that lookup lists have. */
  index: number;
}

/**
 * What it means when a pass does not list an item.
 * - complete: a full pass lists everything, so the item is gone
 * - window: a full pass lists all items whose `field` lies in [from, to), so only such items are
 *   gone
 * - partitioned: each page lists all items of one parent, whose id is in the entity column `field`
 */
type Listing<Settings, Field extends string> =
  | { kind: 'complete' }
  | {
      kind: 'window';
      field: Field;
      window: (settings: Settings, now: Date) => { from: Date; to: Date };
    }
  | { kind: 'partitioned'; field: Field; parents: string };

/** How a source reports changes. */
export interface Changes {
  /** By the source's own time of change, or by an opaque token that the source issues. */
  by: 'time' | 'token';
  /**
   * How far before the newest known change each pass begins, for changes that appear late. Only by
   * time.
   */
  lookbackSeconds: number;
  /** How often everything is listed nevertheless. */
  reconcileHours: number;
}

/** One kind of thing that a connection yields. */
export interface StreamDefinition<Settings, Entity extends EntityName = EntityName> {
  name: string;
  label: string;
  entity: Entity;
  listing: Listing<Settings, Extract<keyof EntityRecords[Entity], string>>;
  /** Absent when the source cannot report changes; then each pass lists everything. */
  changes?: Changes;
  /** Reads pages from `cursor` (null is the beginning) until the pass is complete. */
  read(context: ReadContext<Settings>, cursor: Cursor): AsyncIterable<Page>;
  /** The items of a stored body, for replays. Sends no request. Pure. */
  parse(body: string): unknown[];
  /**
   * A stored body with its items changed, and without those that `change` returns undefined for: so
   * are erased people taken out of bodies that are not JSON. Absent when all bodies are JSON. Pure.
   */
  rewrite?(body: string, change: (item: unknown) => unknown): string;
  /** The source's id of an item; undefined when it has none. Pure. */
  identify(item: unknown): string | undefined;
  /**
   * Finds out what no mapping can change. Pure. Throws RecordRejected with a reason in plain words.
   */
  interpret(item: unknown, context: ItemContext<Settings>): Interpretation<Entity>;
  /**
   * The default conversion schema, which fills the other fields of the record. It may follow from
   * the settings, such as a time zone. Pure.
   */
  mapping(context: Pick<ItemContext<Settings>, 'settings' | 'currency'>): MappingSchema;
  /**
   * The records of the same system that an item says it is, has become or belongs to, such as the
   * deal of a converted lead. An id that leads nowhere does no harm. Absent where items say nothing
   * of this. Pure; never throws.
   */
  links?(item: unknown): StatedLink[];
}

/** What the connector itself makes of an item. */
export interface Interpretation<Entity extends EntityName = EntityName> {
  /** The id of the record, and what ties it to others. */
  keys: RecordKeys<Entity>;
  /**
   * What a mapping may use beside the fields of the item, as paths that begin with "@": whatever
   * takes knowledge of the system to tell, such as whether a deal is won.
   */
  facts?: JsonObject;
}

/** An item that cannot become a record. People see the message, so it never quotes the item. */
export class RecordRejected extends Error {
  override name = 'RecordRejected';
  /**
   * The field that caused it, if there is one. Rejections by the same field are retried together.
   */
  readonly field: string | undefined;

  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

/** Infers the type of a stream from its `entity`. */
export function defineStream<Settings, Entity extends EntityName>(
  stream: StreamDefinition<Settings, Entity>,
): StreamDefinition<Settings> {
  return stream as unknown as StreamDefinition<Settings>;
}
