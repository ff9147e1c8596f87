import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { isDue } from '#lib/ingest/due.ts';
import { FencedError } from '#lib/platform/lease.ts';
import { replaySlice } from '#lib/ingest/replay/run.ts';
import { enqueueSync } from '#lib/ingest/request.ts';

/** Delay of a replay whose connection is being synced. */
const waitMs = 15_000;

/**
 * Runs one slice of a replay; a new job continues. Afterwards a sync is queued if one became due in
 * the meantime.
 */
export async function replayJob(
  payload: JobPayload<'replay'>,
  signal: AbortSignal,
): Promise<JobOutcome<'replay'>> {
  const { tenantId, connectionId, handedOver } = payload;
  try {
    const end = await replaySlice({
      ...payload,
      trigger: 'replay',
      handedOver: handedOver ?? undefined,
      signal,
      sliceMs: config().SYNC_SLICE_SECONDS * 1000,
    });
    if (end.report === undefined)
      return { kind: 'again', at: new Date(), payload: { ...payload, handedOver: end.handedOver } };
    if (await isDue(tenantId, connectionId)) await enqueueSync(tenantId, connectionId, null);
    return { kind: 'ok' };
  } catch (error) {
    if (error instanceof Problem && error.code === 'conflict')
      return { kind: 'again', at: new Date(Date.now() + waitMs), payload };
    if (error instanceof FencedError || (error instanceof Problem && error.code === 'not_found'))
      return { kind: 'cancelled', reason: error.message };
    throw error;
  }
}
