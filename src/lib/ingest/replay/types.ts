import type { LeasedRun } from '../lease.ts';
import type { StreamCounters, RunReport, Source, Stream, SyncRequest } from '../types.ts';

export interface ReplayRequest extends SyncRequest {
  trigger: 'replay';
  /** Only this stream. */
  stream?: string | undefined;
  /**
   * Only records whose newest answer was received at this time or later; then nothing is deleted.
   */
  since?: Date | undefined;
}

/**
 * A connection as far as its stored answers can be read again: no secret is opened, nothing is
 * asked of the provider.
 */
export type ReplaySource = Pick<
  Source,
  'tenantId' | 'connectionId' | 'provider' | 'settings' | 'timeZone' | 'deletionShare'
>;
export type LeasedReplay = ReplaySource & Pick<LeasedRun, 'runId' | 'lease'>;

/** A stored answer that could not be read. */
export interface DamagedResponse {
  stream: string;
  snapshotId: string;
  receivedAt: Date;
}

/** What a replay of one stream comes to, or would come to. */
export interface ReplayFigures extends StreamCounters {
  stream: string;
  label: string;
  /** Rows that are not listed any more and that are kept because they are so many. */
  heldBack: number;
  damaged: DamagedResponse[];
}

export interface ReplayReport extends RunReport {
  damaged: DamagedResponse[];
}

/** The streams of a request, in the order in which they are synced. */
export function selectStreams(
  source: Pick<ReplaySource, 'provider'>,
  request: Pick<ReplayRequest, 'stream'>,
): Stream[] {
  return source.provider.streams.filter(
    ({ name }) => request.stream === undefined || name === request.stream,
  );
}
