import { log } from './log.ts';
import { safeReason } from './secrets.ts';

/** A process that has not stopped by then is ended: supervisors commonly kill after 30 s. */
const stopTimeoutMs = 28_000;

/**
 * Runs `stop` once on SIGTERM, SIGINT or when the parent process is gone, then ends the process.
 */
export function onStop(stop: (reason: string) => Promise<void>): void {
  let stopping = false;
  const begin = (reason: string) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    stop(reason).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ event: 'stop.failed', reason: safeReason(error) }, 'Could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
  // Emitted only in a child process that has a channel to its parent.
  process.on('disconnect', () => begin('disconnect'));
}
