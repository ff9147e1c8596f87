import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

export interface StopOptions {
  /** Milliseconds after which the process ends in any case; asked for when the stop begins. */
  timeoutMs: () => number;
}

/**
 * Runs `stop` once on SIGTERM, SIGINT or when the parent process is gone, then ends the process:
 * with exit code 0, or 1 and a line in the log when `stop` fails or takes longer than `timeoutMs`.
 */
export function onStop(stop: (reason: string) => Promise<void>, options: StopOptions): void {
  listen(stop, options);
}

/**
 * Like `onStop`, also when JavaScript that never returns keeps the process from hearing signals and
 * from running timers: a thread of its own then kills it. Because the thread cannot see signals, it
 * kills a process that has been deaf for `timeoutMs` whether it was told to stop or not. Such a
 * process serves nobody, and its supervisor starts a new one. An error that nobody catches ends the
 * process too, with exit code 1 and a line in the log.
 */
export function onStopWatched(stop: (reason: string) => Promise<void>, timeoutMs: number): void {
  process.on('uncaughtException', crash);
  listen(stop, { timeoutMs: () => timeoutMs }, startWatchdog(timeoutMs));
}

/**
 * Node would write the error to standard error as it is, with the values of a failed query and
 * whatever else libraries attach to it. The first line of a stack is the message and stays away.
 */
function crash(error: unknown): void {
  const stack =
    error instanceof Error ? error.stack?.match(/^ {4}at .*$/gm)?.join('\n') : undefined;
  log.fatal(
    { event: 'process.uncaught', reason: safeReason(error), stack },
    'Nobody caught an error; the process ends',
  );
  process.exit(1);
}

function listen(
  stop: (reason: string) => Promise<void>,
  { timeoutMs }: StopOptions,
  watchdog?: Watchdog,
): void {
  let stopping = false;
  const begin = (reason: string) => {
    if (stopping) return;
    stopping = true;
    // A signal is heard only when the event loop turns: the time counts from when it may have come.
    const limitMs = timeoutMs();
    const leftMs = Math.max(limitMs - (watchdog?.msSinceTurn() ?? 0), 0);
    watchdog?.stopWithin(leftMs);
    setTimeout(() => giveUp(reason, limitMs), leftMs).unref();
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

function giveUp(signal: string, ms: number): void {
  log.fatal(
    { event: 'stop.timed_out', signal, ms },
    'Stopping took too long; the process ends without finishing its work',
  );
  process.exit(1);
}
