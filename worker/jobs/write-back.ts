import type { JobOutcome, JobPayload } from '#lib/jobs/jobs.ts';
import { attemptWriteBack } from '#lib/outbound/actions/attempt.ts';
import { cancelOnProblem } from '../slice.ts';

/**
 * Sends a change of a record that has to wait, or finds out what became of one whose process died.
 * An attempt that fails again queues its own next job; a change that somebody else is sending right
 * now is looked at later.
 */
export function writeBackJob(
  payload: JobPayload<'write-back'>,
  signal: AbortSignal,
): Promise<JobOutcome<'write-back'>> {
  const { tenantId, writeBackId } = payload;
  return cancelOnProblem(async () => {
    const end = await attemptWriteBack(tenantId, writeBackId, signal);
    return end.outcome === 'sent'
      ? { kind: 'again', at: end.lookAgainAt, payload }
      : { kind: 'ok' };
  });
}
