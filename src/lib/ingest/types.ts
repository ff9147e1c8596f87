import type { ConnectionSession } from '../connections/session.ts';
import type { Interval } from './intervals.ts';
import type { Corrections } from './rejections/corrections.ts';
import type { Cursor, ReadSpan, StreamDefinition } from '../connectors/contract/source.ts';

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
  /** Puts the run down at the next page boundary; another worker goes on with it. */
  signal?: AbortSignal;
  /**
   * After this time the run is put down at the next page boundary, so that others get their turn.
   * Default: never.
   */
  sliceMs?: number;
  onProgress?: (progress: SyncProgress) => void;
  /** For a replay: the run that its slice before has put down for it. */
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
  timeZone: string;
  /** The largest share of a stream's rows that is deleted without asking. */
  deletionShare: number;
  startedAt: Date;
  /** When the slice is over, in milliseconds of the process clock (performance.now). */
  sliceEnd: number;
  request: SyncRequest;
}

export type Stream = StreamDefinition<unknown>;

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
  /** Whether it stood still for so long that items may have moved past it. */
  hasGap: boolean;
  /** How many items the source says there are; `steady` while it has said the same all along. */
  expected: { total: number; steady: boolean } | null;
  pages: number;
  /** Compare-and-set token of the stream's state: grows by one with each stored page. */
  version: number;
  /** Whether items of this stream are still set aside, so that a success has to look for them. */
  hasErrors: boolean;
  /** What persons laid over items that could not be read as they were. */
  corrections: Corrections;
  counters: StreamCounters;
}

/** What became of the items fetched: fetched = inserted + changed + unchanged + rejected. */
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
