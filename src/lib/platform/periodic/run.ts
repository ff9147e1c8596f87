import { log } from '../log.ts';
import { safeReason } from '../secrets.ts';
import { claimTask } from './claim.ts';

/** What all processes together do once in a while. */
export interface PeriodicTask {
  name: string;
  everyMs: number;
  /** This process steps in only when the others have not run the task for so long. */
  takeoverMs?: number;
  run: () => Promise<void>;
}

/** Starts a timer for each task. The answer ends them, after the turns that are under way. */
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

/** A turn that fails is made good by the next one. */
async function runOnce({ name, everyMs, takeoverMs, run }: PeriodicTask): Promise<void> {
  try {
    if (await claimTask(name, takeoverMs ?? everyMs)) await run();
  } catch (error) {
    log.error({ event: 'task.failed', kind: name, reason: safeReason(error) }, 'A task failed');
  }
}
