import { isDue } from '../../src/lib/connections/due.ts';
import type { JobPayload } from '../../src/lib/jobs.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { log } from '../../src/lib/platform/log.ts';
import { syncConnection } from '../../src/lib/sync/connection.ts';
import { FencedError } from '../../src/lib/sync/policy.ts';

/** Syncs one connection, if it is still due when the schedule asked for it. A run under way, a deleted connection and a lost race need no retry. */
export async function syncConnectionJob(payload: JobPayload<'sync-connection'>, signal: AbortSignal): Promise<void> {
  if (payload.trigger === 'schedule' && !(await isDue(payload.tenantId, payload.connectionId, new Date()))) return;
  try {
    await syncConnection({ ...payload, signal });
  } catch (error) {
    const settled = error instanceof FencedError || (error instanceof Problem && (error.code === 'conflict' || error.code === 'not_found'));
    if (!settled) throw error;
    log.info({ event: 'job.skipped', reason: error.message, ...ids(payload) }, 'Nothing to do for this job');
  }
}

const ids = ({ tenantId, connectionId }: JobPayload<'sync-connection'>) => ({ tenantId, connectionId });
