import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { enqueueDueScans } from '#lib/scoring/schedule.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { syncSlice } from '#lib/ingest/sync-connection.ts';
import { isDue } from '#lib/ingest/due.ts';
import { FencedError } from '#lib/platform/lease.ts';
import { enqueueSync } from '#lib/ingest/request.ts';
import { pullAfterSync } from '#lib/outbound/pull/pull.ts';

/** How soon a connection in other hands is looked at again. */
const busyMs = 30_000;

/**
 * One slice of a connection's sync, if it is still due when the schedule asked for it. A run in
 * other hands, a deleted connection and a lost race need no retry.
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
    // The hourly tick would find it too; this is sooner, and a slice goes on at once, behind what
    // has not begun.
    await enqueueSync(tenantId, connectionId, dueAt, new Date(), report === undefined ? -1 : 0);
    await enqueueDueScans(tenantId);
    return { kind: 'ok' };
  } catch (error) {
    // In other hands, be it another worker's or a replay's: if they leave it due, somebody has to
    // come back.
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
