import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { enqueueDueScans } from '#lib/scoring/schedule.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { syncSlice } from '#lib/ingest/sync-connection.ts';
import { isDue } from '#lib/ingest/due.ts';
import { FencedError } from '#lib/platform/lease.ts';
import { enqueueSync } from '#lib/ingest/request.ts';
import { pullAfterSync } from '#lib/outbound/pull/pull.ts';

/** Delay before a connection that another run holds is checked again. */
const busyMs = 30_000;

/**
 * Runs one slice of a connection's sync; a scheduled one only if it is still due. When another run
 * holds the connection it is checked again later; a deleted connection or a lost lease cancels the
 * job.
 */
export async function syncConnectionJob(
  payload: JobPayload<'sync-connection'>,
  signal: AbortSignal,
): Promise<JobOutcome<'sync-connection'>> {
  const { tenantId, connectionId, trigger } = payload;
  if (trigger === 'schedule' && !(await isDue(tenantId, connectionId)))
    return { kind: 'cancelled', reason: 'The connection is not due.' };
  try {
    const { report, dueAt } = await syncSlice({
      ...payload,
      signal,
      sliceMs: config().SYNC_SLICE_SECONDS * 1000,
    });
    if (report !== undefined) await pullAfterSync({ tenantId, connectionId });
    // The hourly tick would queue it as well, but later. A sync with more slices continues at once,
    // at a lower priority than waiting jobs.
    await enqueueSync(tenantId, connectionId, dueAt, new Date(), report === undefined ? -1 : 0);
    await enqueueDueScans(tenantId);
    return { kind: 'ok' };
  } catch (error) {
    // Another worker or a replay holds the connection. It may leave it due, so a later job checks
    // again.
    if (error instanceof Problem && error.code === 'conflict')
      return {
        kind: 'again',
        at: new Date(Date.now() + busyMs),
        payload: { ...payload, trigger: 'schedule' },
      };
    if (
      !(error instanceof FencedError) &&
      !(error instanceof Problem && error.code === 'not_found')
    )
      throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
