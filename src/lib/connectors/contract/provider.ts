import type { z } from 'zod';
import type { HttpAnswer, HttpClient } from '../../platform/http/types.ts';
import type { EntityName, EntityRecords } from '../../records/registry.ts';
import type { OAuthGrant } from './auth.ts';
import type { WebhookDefinition } from './events.ts';
import type { WriteBack } from './actions.ts';
import type { RemoteTables } from './remote-tables.ts';
import type { FieldMapping, TargetMetadata } from './destination.ts';

export type { OAuthGrant } from './auth.ts';

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
  answer: HttpAnswer;
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
export type Listing<Settings, Field extends string> =
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

/** A secret that a connection needs; the connect form is drawn from this. */
export interface SecretField {
  name: string;
  label: string;
  help: string;
}

/**
 * A setting that people are asked for when they connect; the others keep their defaults until
 * somebody changes them.
 */
export interface SettingField {
  /** As in the settings' schema; its value is text there. */
  name: string;
  label: string;
  help: string;
  /** Its default is blank, and nothing works with that. */
  required?: boolean;
}

/** One window of a source's rate limit. */
export interface RateWindow {
  name: string;
  seconds: number;
  requests: number;
}

/** What an answer's headers say of a window. */
export interface WindowReading {
  window: string;
  remaining: number;
  ceiling?: number;
  resetsAt?: Date;
}

export interface Limits {
  /** Requests under way at once. */
  concurrency: number;
  timeoutMs: number;
  /** Absent: the source names no quota; only its pauses (429) are shared. */
  windows?: readonly RateWindow[];
  /** Reads the quota headers of an answer. Pure. */
  readQuota?(headers: Record<string, string>, now: Date): WindowReading[];
}

/** What a push may use. The client notes each request for the audit trail. */
export interface PushContext<Settings> {
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

/** A kind of external system, as a value. Lists, forms, icons, docs and tests derive from it. */
export interface ProviderDefinition<Settings = unknown> {
  key: string;
  label: string;
  category: 'crm' | 'calls' | 'documents' | 'news' | 'partner';
  /**
   * Keys go into headers as the provider's own folder does it; OAuth tokens are fetched, renewed
   * and sent for it.
   */
  auth:
    | { kind: 'keys'; secrets: readonly SecretField[] }
    | { kind: 'oauth2'; secrets: readonly SecretField[]; grant: OAuthGrant<Settings> };
  /** Parses and defaults the settings of a connection. Must contain `baseUrl`. */
  settings: z.ZodType<Settings>;
  /** Those of the settings that the connect form asks for, besides the base URL. */
  settingFields?: readonly SettingField[];
  /** Hosts (exact, or `*.` for any subdomain) that a connection's base URL may name. */
  hosts: readonly string[];
  limits: Limits;
  /**
   * How often a connection is synced, in milliseconds; a source may be asked more often while its
   * adapter is being developed. Absent: once an hour.
   */
  intervalMs?(settings: Settings, development: boolean): number;
  /** How it tells us of changes; passes go on all the same. */
  webhook?: WebhookDefinition<Settings>;
  /** What people may change of its records from here. */
  writeBack?: WriteBack<Settings>;
  /** In the order in which they are synced. */
  streams: readonly StreamDefinition<Settings>[];
  /** Absent: nothing is written there. */
  push?: PushDefinition<Settings>;
  /**
   * Whose account the credentials open, in a few words; null when the source has nothing yet to
   * tell it by. Throws RemoteError.
   */
  whoAmI?(context: Omit<ReadContext<Settings>, 'partitions' | 'span'>): Promise<string | null>;
  /**
   * What a workspace has on from the moment in which a person connects it; it can be switched off.
   */
  switchesOn?: readonly ('lead-engine' | 'crm-push')[];
  /** Asks the provider a cheap question that proves the credentials. Throws RemoteError. */
  check(context: Omit<ReadContext<Settings>, 'partitions' | 'span'>): Promise<void>;
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

/** Keeps the types of one provider together while the registry holds many. */
export function defineProvider<Settings>(
  definition: ProviderDefinition<Settings>,
): ProviderDefinition<Settings> {
  return definition;
}

/** Infers a stream's entity from its `entity` field. */
export function defineStream<Settings, Entity extends EntityName>(
  stream: StreamDefinition<Settings, Entity>,
): StreamDefinition<Settings> {
  return stream as unknown as StreamDefinition<Settings>;
}
