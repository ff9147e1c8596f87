import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { config } from '../../src/lib/platform/config.ts';
import { prunePushEvents } from '#lib/outbound/push/prune.ts';
import { pruneRaw } from '#lib/ingest/retention/prune.ts';
import { pruneDeliveries } from '#lib/webhooks/inbound/record.ts';

/**
 * One slice of deleting what a workspace has kept for long enough; the rest goes on in a new job.
 */
export async function pruneRawJob(
  payload: JobPayload<'prune-raw'>,
  signal: AbortSignal,
): Promise<JobOutcome<'prune-raw'>> {
  const end = performance.now() + config().SYNC_SLICE_SECONDS * 1000;
  const isOver = () => signal.aborted || performance.now() > end;
  const { isComplete: isRawDone } = await pruneRaw(payload.tenantId, isOver);
  const isComplete = isRawDone && (await prunePushEvents(payload.tenantId, isOver));
  if (isComplete) await pruneDeliveries(payload.tenantId);
  return isComplete ? { kind: 'ok' } : { kind: 'again', at: new Date(), payload };
}
