import inspector from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';

/**
 * What the thread is given. `state` is shared: how often the event loop has turned; then, once the
 * process stops, in how many milliseconds it must be gone.
 */
export interface WatchdogData {
  state: Int32Array<SharedArrayBuffer>;
  timeoutMs: number;
}

export interface Watchdog {
  /** Milliseconds since the event loop last turned, 0 to 500 while it is well. */
  msSinceTurn(): number;
  /** Has the process killed if it still runs a second after `ms`. */
  stopWithin(ms: number): void;
}

const turnMs = 500;

/**
 * Starts a thread that kills the process (SIGKILL, after one line in the log) when its event loop
 * has not turned for `timeoutMs`. With a debugger attached it does nothing, because one that halts
 * the process looks the same.
 */
export function startWatchdog(timeoutMs: number): Watchdog {
  const state = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  let turnedAt = performance.now();
  const noteTurn = () => {
    Atomics.add(state, 0, 1);
    turnedAt = performance.now();
  };
  // A turn runs timers, then reads signals, then immediates. Noted last, a turn does not hide from
  // a signal that it reads how long the signal had to wait.
  setInterval(() => setImmediate(noteTurn), turnMs).unref();
  if (inspector.url() === undefined) startThread({ state, timeoutMs });
  return {
    msSinceTurn: () => performance.now() - turnedAt,
    stopWithin: (ms) => void Atomics.store(state, 1, Math.max(Math.round(ms), 1)),
  };
}

function startThread(workerData: WatchdogData): void {
  const thread = new Worker(new URL('./watchdog-thread.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });
  thread.unref();
  thread.on('error', (error: unknown) =>
    log.error({ event: 'watchdog.failed', reason: safeReason(error) }, 'The watchdog failed'),
  );
}
