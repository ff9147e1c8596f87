import { listConnections } from '../connections/connections.ts';
import { dryRunReplay } from '../ingest/replay/dry-run.ts';

/** What a replay would change in one stream. */
interface ReplayPreviewRow {
  label: string;
  inserted: number;
  changed: number;
  unchanged: number;
  rejected: number;
  deleted: number;
}

export interface ReplayPreview {
  connectionId: string;
  label: string;
  rows: ReplayPreviewRow[];
  /** Number of damaged stored responses. */
  damaged: number;
  /** False when there is too much data and the figures cover only a part. */
  isComplete: boolean;
}

/** How long the page waits for the figures. */
const timeoutMs = 8_000;

/**
 * Computes what a replay of a connection would change; undefined when the workspace has no such
 * connection.
 */
export async function getReplayPreview(
  tenantId: string,
  connectionId: string | null,
): Promise<ReplayPreview | undefined> {
  const connection =
    connectionId === null
      ? undefined
      : (await listConnections(tenantId)).find(({ id }) => id === connectionId);
  if (connection === undefined) return undefined;
  const end = performance.now() + timeoutMs;
  const { streams, isComplete } = await dryRunReplay(
    { tenantId, connectionId: connection.id, trigger: 'replay' },
    () => performance.now() > end,
  );
  const rows = streams.map(({ label, inserted, changed, unchanged, rejected, deleted }) => ({
    label,
    inserted,
    changed,
    unchanged,
    rejected,
    deleted,
  }));
  return {
    connectionId: connection.id,
    label: connection.label,
    rows,
    damaged: streams.reduce((sum, { damaged }) => sum + damaged.length, 0),
    isComplete,
  };
}
