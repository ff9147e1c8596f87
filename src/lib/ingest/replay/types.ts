import type { MappingSchema } from '../../conversion/schema/shape.ts';
import type { LeasedRun } from '../lease.ts';
import type { StreamCounters, RunReport, Source, Stream, SyncRequest } from '../types.ts';

export interface ReplayRequest extends SyncRequest {
  trigger: 'replay';
  /** Only this stream. */
  stream?: string | undefined;
  /**
   * Only records whose newest response was received at this time or later; then nothing is deleted.
   */
  since?: Date | undefined;
  /** For a dry run: a mapping of one stream that is not in force. */
  draft?: { stream: string; schema: MappingSchema } | undefined;
}

/**
 * A connection with what it takes to read its stored responses again: no secret is opened and the
 * provider is not contacted.
 */
export type ReplaySource = Pick<
  Source,
  | 'tenantId'
  | 'connectionId'
  | 'provider'
  | 'streams'
  | 'settings'
  | 'timeZone'
  | 'currency'
  | 'deletionShare'
>;
export type LeasedReplay = ReplaySource & Pick<LeasedRun, 'runId' | 'lease'>;

/** A stored response that could not be read. */
export interface DamagedResponse {
  stream: string;
  snapshotId: string;
  receivedAt: Date;
}

/** The result of replaying one stream, or the result that it would have. */
export interface ReplayFigures extends StreamCounters {
  stream: string;
  label: string;
  /** Rows that are no longer listed, but kept because they are suspiciously many. */
  heldBack: number;
  damaged: DamagedResponse[];
}

export interface ReplayReport extends RunReport {
  damaged: DamagedResponse[];
}

/** The streams of a request, in the order in which they are synced. */
export function selectStreams(
  source: Pick<ReplaySource, 'streams'>,
  request: Pick<ReplayRequest, 'stream'>,
): Stream[] {
  return source.streams.filter(
    ({ name }) => request.stream === undefined || name === request.stream,
  );
}
