import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { testEnv } from '../../helpers/database.ts';
import type { Command, Result } from './contender.ts';

/** Processes that act at the same moment. */
export interface Crowd {
  /** Gives each of them a command at once; the answers in the same order. */
  all(command: (index: number) => Command): Promise<Result[]>;
  one(index: number, command: Command): Promise<Result>;
  stop(): Promise<void>;
}

/** Starts `size` contenders on a database and waits until all are ready. */
export async function startCrowd(databaseUrl: string, size: number): Promise<Crowd> {
  const members = Array.from({ length: size }, () => startMember(databaseUrl));
  await Promise.all(members.map(({ next }) => next()));
  const one = async (index: number, command: Command) => {
    const member = members[index];
    if (member === undefined) throw new Error(`There is no process ${index}`);
    const answer = member.next();
    member.child.stdin?.write(`${JSON.stringify(command)}\n`);
    return (await answer) as Result;
  };
  return {
    one,
    all: (command) => Promise.all(members.map((_, index) => one(index, command(index)))),
    stop: async () => {
      await Promise.all(
        members.map(
          ({ child }) =>
            new Promise((resolve) => {
              child.once('exit', resolve);
              child.stdin?.end();
            }),
        ),
      );
    },
  };
}

function startMember(databaseUrl: string): { child: ChildProcess; next: () => Promise<unknown> } {
  const env = { ...process.env, ...testEnv(databaseUrl), DATABASE_POOL_SIZE: '2' };
  const child = spawn(process.execPath, ['tests/connections/workers/contender.ts'], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((line: unknown) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) =>
    waiting.shift()?.(JSON.parse(line)),
  );
  return { child, next: () => new Promise((resolve) => waiting.push(resolve)) };
}
