import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';
import { claimTask } from './claim.ts';

/** A task that all processes together run once in `everyMs` milliseconds. */
export interface PeriodicTask {
  name: string;
  everyMs: number;
  /** This process runs the task only when no process has run it for this long, in milliseconds. */
  takeoverMs?: number;
  run: () => Promise<void>;
}

/**
 * Starts a timer for each task. Returns a function that stops the timers and waits for the tasks
 * that are running.
 */
export function startPeriodicTasks(tasks: readonly PeriodicTask[]): () => Promise<void> {
  const stops = tasks.map(scheduleTask);
  return async () => void (await Promise.all(stops.map((end) => end())));
}

function scheduleTask(task: PeriodicTask): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const timer = setInterval(
    () => void (underWay ??= runOnce(task).finally(() => (underWay = undefined))),
    task.everyMs,
  );
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

/** A failure is logged; the next turn runs as usual. */
async function runOnce({ name, everyMs, takeoverMs, run }: PeriodicTask): Promise<void> {
  try {
    if (await claimTask(name, takeoverMs ?? everyMs)) await run();
  } catch (error) {
    log.error(
      { event: 'task.failed', kind: name, reason: safeReason(error) },
      'A periodic task failed',
    );
  }
}
