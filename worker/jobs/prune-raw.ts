import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { prunePushEvents } from '#lib/outbound/push/prune.ts';
import { pruneRaw } from '#lib/ingest/retention/prune.ts';
import { pruneDeliveries } from '#lib/webhooks/inbound/record.ts';
import { continueWith, startSlice } from '../slice.ts';

/** Deletes one slice of what is past the workspace's retention; a new job continues. */
export async function pruneRawJob(
  payload: JobPayload<'prune-raw'>,
  signal: AbortSignal,
): Promise<JobOutcome<'prune-raw'>> {
  const isOver = startSlice(signal);
  const { isComplete: isRawDone } = await pruneRaw(payload.tenantId, isOver);
  const isComplete = isRawDone && (await prunePushEvents(payload.tenantId, isOver));
  if (isComplete) await pruneDeliveries(payload.tenantId);
  return continueWith(isComplete ? null : payload);
}
