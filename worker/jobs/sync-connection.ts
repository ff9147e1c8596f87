import type { JobOutcome, JobPayload } from '../../src/lib/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { syncSlice } from '../../src/lib/sync/connection.ts';
import { isDue } from '../../src/lib/sync/due.ts';
import { FencedError } from '../../src/lib/sync/policy.ts';

/** One slice of a connection's sync, if it is still due when the schedule asked for it. A run in other hands, a deleted connection and a lost race need no retry. */
export async function syncConnectionJob(payload: JobPayload<'sync-connection'>, signal: AbortSignal): Promise<JobOutcome<'sync-connection'>> {
  const { tenantId, connectionId, trigger } = payload;
  if (trigger === 'schedule' && !(await isDue(tenantId, connectionId))) return { kind: 'cancelled', reason: 'The connection is not due.' };
  try {
    const report = await syncSlice({ ...payload, signal, sliceMs: config().SYNC_SLICE_SECONDS * 1000 });
    // What goes on is asked for by the due-table alone: whoever synced it meanwhile has moved the date.
    const again = (at: Date) => ({ kind: 'again', at, payload: { ...payload, trigger: 'schedule' } }) as const;
    if (report === undefined) return again(new Date());
    return report.retryAt === null ? { kind: 'ok' } : again(report.retryAt);
  } catch (error) {
    const isSettled = error instanceof FencedError || (error instanceof Problem && (error.code === 'conflict' || error.code === 'not_found'));
    if (!isSettled) throw error;
    return { kind: 'cancelled', reason: error.message };
  }
}
