import type { JsonText } from '../platform/db/bulk.ts';
import type { EntityName, EntityRecords } from '../records/registry.ts';
import type { Change, DeriveContext, EntityRows, AppliedOverrides } from './definition.ts';

/** A record on its way in, with the item it was made from and the digest of both. */
export interface Incoming {
  record: EntityRecords[EntityName];
  raw: JsonText;
  hash: string;
}

/** Where the records of one page come from. */
export interface Origin extends DeriveContext {
  tenantId: string;
  connectionId: string;
  provider: string;
  stream: string;
  snapshotId: string;
}

export type AnyRow = EntityRows[EntityName];
export type WrittenRow = AnyRow & { rawJson: unknown };

/** The records of one page, and where it comes from. */
export interface IncomingPage {
  origin: Origin;
  incoming: readonly Incoming[];
}

/** A record as an older answer holds it, on its way into the row that it belongs to. */
export interface Version {
  incoming: Incoming;
  snapshotId: string;
  receivedAt: Date;
  /** The row as all kept versions together make it, where the row that is there does not tell. */
  past?: WrittenRow | undefined;
  /**
   * True when the newest answer holds the item in a form that was refused, and this is the one
   * before.
   */
  isFallback: boolean;
  /** True when the item was set aside until now, so that the answer is news. */
  wasRejected: boolean;
  /** Whether a row may be made of it when there is none. */
  mayInsert: boolean;
}

/** The stream that rows belong to. */
export type StreamOrigin = Omit<Origin, 'snapshotId' | 'receivedAt'>;

/** What is to be written so that the rows are as the versions say. */
export interface Rewrites {
  inserts: WrittenRow[];
  updates: WrittenRow[];
  changes: Change[];
  unchanged: number;
  /** What others said of the rows, and what of it the source has overtaken. */
  applied: AppliedOverrides;
}
