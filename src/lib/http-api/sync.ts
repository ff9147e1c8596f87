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
  lastSuccessAt: instant
    .nullable()
    .describe('When all data of the source was last brought up to date.'),
  isStale: z.boolean(),
  needsReconnect: z.boolean(),
  error: z.string().nullable().describe('Why the newest finished sync was not complete.'),
  rejected: z.int().min(0).describe('Records that are set aside because they could not be read.'),
});

const running = z.object({
  runId: z.uuid(),
  startedAt: instant,
  stream: z.string().nullable(),
  fetched: z.int().min(0).describe('Records fetched so far.'),
});

/** The answer of GET /api/sync/status. */
export const syncStatusResponse = z.object({
  lastSyncAt: instant
    .nullable()
    .describe(
      'Everything shown is at least this fresh; null while a source has no complete data yet.',
    ),
  status: state,
  isStale: z
    .boolean()
    .describe(
      'Whether the data is older than two hours. Measured on the data: a sync that failed makes nothing fresher.',
    ),
  sources: z.array(source),
  running: running.nullable().describe('The sync under way.'),
});

/** The answer of POST /api/sync. */
export const syncRequestedResponse = z.object({
  queued: z.int().min(1).describe('Connections that will be synced.'),
});
