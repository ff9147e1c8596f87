import type { JsonText } from '../platform/db/bulk.ts';
import type { StatedLink } from '../records/link.ts';
import type { EntityName, EntityRecords } from '../records/registry.ts';
import type { Change, DeriveContext, EntityRows, AppliedOverrides } from './definition.ts';

/** A record to be stored, with its raw item and the digest of both. */
export interface Incoming {
  record: EntityRecords[EntityName];
  raw: JsonText;
  hash: string;
  /** What the item states about other records of its system; undefined where it cannot. */
  links?: readonly StatedLink[] | undefined;
}

/** The page that records come from. */
export interface Origin extends DeriveContext {
  tenantId: string;
  connectionId: string;
  provider: string;
  stream: string;
  snapshotId: string;
}

export type AnyRow = EntityRows[EntityName];
export type WrittenRow = AnyRow & { rawJson: unknown };

/** The records of one page with their origin. */
export interface IncomingPage {
  origin: Origin;
  incoming: readonly Incoming[];
}

/** A record mapped again from a stored response, to be compared with its row. */
export interface Version {
  incoming: Incoming;
  snapshotId: string;
  receivedAt: Date;
  /**
   * The row that follows from all stored versions; used where the present row lacks the history.
   */
  past?: WrittenRow | undefined;
  /** True when the item of the newest response was rejected and this is an older version. */
  isFallback: boolean;
  /** True when the item was a rejected record until now, which makes the change significant. */
  wasRejected: boolean;
  /** Whether to insert a row if there is none. */
  mayInsert: boolean;
}

/** The stream that rows belong to. */
export type StreamOrigin = Omit<Origin, 'snapshotId' | 'receivedAt'>;

/** The writes that bring rows up to date with the versions. */
export interface Rewrites {
  inserts: WrittenRow[];
  updates: WrittenRow[];
  changes: Change[];
  unchanged: number;
  /** The overrides of the rows, in force and superseded. */
  applied: AppliedOverrides;
}
