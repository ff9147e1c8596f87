import { z } from 'zod';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

export const syncQuery = z.object({ tenant: tenantParameter });

const state = z.enum(['never', 'running', 'success', 'partial', 'failed']);

const source = z.object({
  connectionId: z.uuid(),
  provider: z.string(),
  label: z.string(),
  status: state,
  lastSuccessAt: instant.nullable().describe('Time of the last complete sync of the source.'),
  isStale: z.boolean(),
  needsReconnect: z.boolean(),
  error: z.string().nullable().describe('Reason why the latest finished sync was not complete.'),
  rejected: z.int().min(0).describe('Failed records: those that could not be read.'),
});

const running = z.object({
  runId: z.uuid(),
  startedAt: instant,
  stream: z.string().nullable(),
  fetched: z.int().min(0).describe('Records fetched so far.'),
});

/** The response of GET /api/sync/status. */
export const syncStatusResponse = z.object({
  lastSyncAt: instant
    .nullable()
    .describe('All data is at least this fresh; null until every source has been read completely.'),
  status: state,
  isStale: z
    .boolean()
    .describe('Whether the data is older than two hours. A failed sync does not make it fresher.'),
  sources: z.array(source),
  running: running.nullable().describe('The sync in progress.'),
});

/** The response of POST /api/sync. */
export const syncRequestedResponse = z.object({
  queued: z.int().min(1).describe('Number of connections that will be synced.'),
});
