import { config } from '../src/lib/platform/config.ts';
import { Problem } from '../src/lib/platform/errors.ts';

/**
 * Starts the clock of a slice. The returned function is true once SYNC_SLICE_SECONDS have passed or
 * the worker is stopping: the job then ends at its next checkpoint.
 */
export function startSlice(signal: AbortSignal): () => boolean {
  const end = performance.now() + config().SYNC_SLICE_SECONDS * 1000;
  return () => signal.aborted || performance.now() > end;
}

/** The outcome of a slice: the job is done, or continues at once in a new job with `next`. */
export function continueWith<Payload>(next: Payload | null) {
  return next === null
    ? { kind: 'ok' as const }
    : { kind: 'again' as const, at: new Date(), payload: next };
}

/** Runs a job and cancels it on a Problem: a retry would meet the same one. */
export async function cancelOnProblem<Outcome>(work: () => Promise<Outcome>) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { kind: 'cancelled' as const, reason: error.message };
  }
}
