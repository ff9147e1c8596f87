import { write } from 'node:fs';
import { Session, type Debugger } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import type { WatchdogData } from './watchdog.ts';

/*
 * The thread of `startWatchdog`. It reads a shared counter of turns and needs nothing from the
 * thread that it watches, whose event loop may stand still.
 */

const tickMs = 500;
/** A process whose event loop turns ends by itself when its time is over. */
const graceMs = 1_000;
/** How long to wait for the place where the process is stuck, and for the line to be written. */
const findingMs = 2_000;
const writingMs = 200;
const maxFrames = 12;

const { state, timeoutMs } = workerData as WatchdogData;
let turns = 0;
let stuckMs = 0;
let stoppingMs = 0;
let lookedAt = performance.now();
const ticking = setInterval(look, tickMs);

function look(): void {
  const now = performance.now();
  // While the whole process is halted (SIGSTOP, a machine that sleeps) this thread is halted too,
  // and that time does not count.
  const passedMs = Math.min(now - lookedAt, 2 * tickMs);
  lookedAt = now;
  const seen = Atomics.load(state, 0);
  stuckMs = seen === turns ? stuckMs + passedMs : 0;
  turns = seen;
  const limitMs = Atomics.load(state, 1);
  if (limitMs > 0) stoppingMs += passedMs;
  if (limitMs > 0 && stoppingMs > limitMs + graceMs) void kill('stop.timed_out');
  else if (stuckMs > timeoutMs) void kill('process.stuck');
}

/**
 * Writes a line in the form of the log and kills the process. Nobody may be reading the log, so the
 * line gets only a moment.
 */
async function kill(event: string): Promise<void> {
  clearInterval(ticking);
  const line = {
    level: 'fatal',
    time: new Date().toISOString(),
    event,
    ms: Math.round(stuckMs),
    stack: await findPlace(),
    msg:
      'The event loop has stood still for too long: requests are not answered and signals are ' +
      'not heard, so the process is killed',
  };
  write(2, `${JSON.stringify(line)}\n`, () => {});
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), writingMs);
}

/**
 * Halts the main thread in the middle of its JavaScript and returns its call stack, so that the log
 * says what hangs; undefined when that takes too long, as in native code.
 */
function findPlace(): Promise<string | undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), findingMs);
    const session = new Session();
    const files = new Map<string, string>();
    session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
    session.on('Debugger.paused', ({ params }) => resolve(toStack(params.callFrames, files)));
    try {
      session.connectToMainThread();
      session.post('Debugger.enable');
      session.post('Debugger.pause');
    } catch {
      resolve(undefined);
    }
  });
}

function toStack(frames: Debugger.CallFrame[], files: Map<string, string>): string {
  return frames
    .slice(0, maxFrames)
    .map(({ functionName, location: { scriptId, lineNumber, columnNumber = 0 } }) => {
      const place = `${files.get(scriptId) ?? ''}:${lineNumber + 1}:${columnNumber + 1}`;
      return `at ${functionName || '<anonymous>'} (${place})`;
    })
    .join('\n');
}
