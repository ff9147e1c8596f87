import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { testEnv } from './database.ts';

export interface TestProcess {
  child: ChildProcess;
  /** Everything it has written on standard output and standard error. */
  output(): string;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts one of our entries as its own process, with the tests' configuration for `databaseUrl`.
 */
export function startProcess(
  entry: string,
  databaseUrl: string,
  env: Record<string, string> = {},
  args: string[] = [],
): TestProcess {
  const child = spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, ...testEnv(databaseUrl), LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  return { child, output: () => lines.join('\n'), exited };
}

/** Waits until `condition` holds, asking often; fails with what it waited for. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  patienceMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
