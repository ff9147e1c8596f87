import type { ConnectionSession } from '../connections/session.ts';
import type { Interval } from './intervals.ts';
import type { Corrections } from './rejections/corrections.ts';
import type { RetentionRule } from './suppression/retention-rule.ts';
import type { Suppression } from './suppression/suppression.ts';
import type { Cursor, ReadSpan } from '../connectors/contract/source.ts';
import type { MappedStream } from '../connectors/mapped-stream.ts';

type Trigger = 'schedule' | 'manual' | 'cli' | 'replay';

export interface SyncRequest {
  tenantId: string;
  connectionId: string;
  trigger: Trigger;
  requestedBy?: string | null;
  /**
   * Delete what a complete pass did not list even when it is suspiciously much: a person has
   * confirmed it.
   */
  acceptDeletions?: boolean;
  /** Releases the run at the next page boundary, so that another worker can resume it. */
  signal?: AbortSignal;
  /**
   * After this time (ms) the run is released at the next page boundary, so that others get their
   * turn. Default: never.
   */
  sliceMs?: number;
  onProgress?: (progress: SyncProgress) => void;
  /** For a replay: the run that its previous slice has released for it. */
  handedOver?: { runId: string; lease: number } | undefined;
}

export interface SyncProgress {
  stream: string;
  pages: number;
  fetched: number;
  /** All there is, when the source says so. */
  expectedTotal: number | null;
}

/** One run over one connection, with all it needs. */
export interface Source extends ConnectionSession {
  runId: string;
  lease: number;
  /** In the order in which they are synced, with the mappings in force. */
  streams: readonly Stream[];
  timeZone: string;
  /** ISO 4217. */
  currency: string;
  /** The largest share of a stream's rows (0 to 1) that is deleted without a confirmation. */
  deletionShare: number;
  startedAt: Date;
  /** When the slice is over, in milliseconds of the process clock (performance.now). */
  sliceEnd: number;
  request: SyncRequest;
}

export type Stream = MappedStream;

/** One way through a stream, from its beginning to its end; it may span several runs. */
export interface Pass {
  id: string;
  startedAt: Date;
  /** What it reads. */
  span: ReadSpan;
  cursor: Cursor;
  /**
   * What the next pass begins with: how far partitions were read, or the newest token or time of
   * change.
   */
  highWater: Cursor;
  /** Spans of source time that earlier passes have read. */
  intervals: readonly Interval[];
  /**
   * The newest time of change that the pass has met, in source time (ms). Only for streams that
   * follow changes by time.
   */
  newest: number | undefined;
  /** Whether it was interrupted for so long that items may have moved past its cursor. */
  hasGap: boolean;
  /** How many items the source says there are; `steady` while it has said the same all along. */
  expected: { total: number; steady: boolean } | null;
  pages: number;
  /** Compare-and-set token of the stream's state: grows by one with each stored page. */
  version: number;
  /** Whether the stream has open rejections, so that accepted items have to resolve theirs. */
  hasErrors: boolean;
  /** Corrections of people for items that could not be read as received. */
  corrections: Corrections;
  /** The people who were erased, as of when the pages being prepared were read. */
  suppression: Suppression;
  /** What the workspace does not keep any more. */
  retention: RetentionRule;
  counters: StreamCounters;
}

/** The results for the items fetched: fetched = inserted + changed + unchanged + rejected. */
export interface StreamCounters {
  pages: number;
  fetched: number;
  inserted: number;
  changed: number;
  unchanged: number;
  rejected: number;
  deleted: number;
}

export const createCounters = (): StreamCounters => ({
  pages: 0,
  fetched: 0,
  inserted: 0,
  changed: 0,
  unchanged: 0,
  rejected: 0,
  deleted: 0,
});

export type StreamStatus = 'success' | 'partial' | 'failed';

export interface StreamReport extends StreamCounters {
  stream: string;
  label: string;
  status: StreamStatus;
  errorMessage: string | null;
}

export interface RunReport {
  runId: string;
  tenantId: string;
  connectionId: string;
  status: StreamStatus;
  startedAt: Date;
  finishedAt: Date;
  recordsUpdated: number;
  errorMessage: string | null;
  streams: StreamReport[];
}
