import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { startPart, stopPart, type Part as Process } from '../../scripts/processes.ts';

/**
 * A process of its own that does one job at a time: a message in, a message out. It can be killed
 * in the middle of one.
 */
export interface Helper<Job, Result> {
  pid: number;
  /** Rejects when the process ends or fails before it answers. */
  run(job: Job): Promise<Result>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

type Reply<Result> = { result: Result } | { failure: string };

/** Starts `entry`, which calls `serve`, and waits until it is ready. */
export async function startHelper<Job extends object, Result>(
  name: string,
  entry: string,
): Promise<Helper<Job, Result>> {
  const part = startPart(name, entry, {});
  await next(part);
  return {
    pid: part.child.pid ?? 0,
    run: async (job) => {
      const reply = next<Reply<Result>>(part);
      part.child.send(job);
      const said = await reply;
      if ('failure' in said) throw new Error(`${name}: ${said.failure}`);
      return said.result;
    },
    kill: async () => {
      part.child.kill('SIGKILL');
      while (part.child.signalCode === null && part.child.exitCode === null) await sleep(5);
    },
    stop: () => stopPart(part),
  };
}

function next<Message>({ name, child }: Process): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null) =>
      reject(
        new Error(
          `${name} ended in the middle of its work (${signal ?? `exit code ${code ?? ''}`}).`,
        ),
      );
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as Message);
    });
  });
}

/** The other end: does each job that arrives, in the process that `startHelper` started. */
export function serve<Job, Result>(work: (job: Job) => Promise<Result>): void {
  process.on('message', (job) => {
    void work(job as Job).then(
      (result) => process.send?.({ result } satisfies Reply<Result>),
      (error: unknown) =>
        process.send?.({
          failure: inspect(error),
        }),
    );
  });
  process.on('SIGTERM', () => process.exit(0));
  process.on('disconnect', () => process.exit(0));
  process.send?.('ready');
}
