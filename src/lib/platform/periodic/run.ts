import { log } from '../log.ts';
import { safeMessage } from '../secrets.ts';
import { claimTask } from './claim.ts';

/** What all processes together do once in a while. */
export interface PeriodicTask {
  name: string;
  everyMs: number;
  /** This process steps in only when the others have not run the task for so long. */
  apartMs?: number;
  run: () => Promise<void>;
}

/** Starts a timer for each task. The answer ends them, after the turns that are under way. */
export function startPeriodic(tasks: readonly PeriodicTask[]): () => Promise<void> {
  const ends = tasks.map(repeat);
  return async () => void (await Promise.all(ends.map((end) => end())));
}

function repeat(task: PeriodicTask): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const timer = setInterval(
    () => void (underWay ??= runTurn(task).finally(() => (underWay = undefined))),
    task.everyMs,
  );
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

/** A turn that fails is made good by the next one. */
async function runTurn({ name, everyMs, apartMs, run }: PeriodicTask): Promise<void> {
  try {
    if (await claimTask(name, apartMs ?? everyMs)) await run();
  } catch (error) {
    log.error({ event: 'task.failed', kind: name, reason: safeMessage(error) }, 'A task failed');
  }
}
