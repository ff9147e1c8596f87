import { spawn, type ChildProcess } from 'node:child_process';
import type { Environment } from './environment.ts';

export interface Part {
  name: string;
  child: ChildProcess;
}

/**
 * Starts one of our processes from its TypeScript entry. It has its own process group, so Ctrl-C
 * reaches only the parent, which then stops its parts in order. It exits on its own when the parent
 * is gone.
 */
export function startPart(name: string, entry: string, env: Environment): Part {
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  return { name, child };
}

/**
 * Resolves with the first message of a part, which reports that it is ready. Rejects when the part
 * exits before.
 */
export function whenReady({ name, child }: Part): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${name} ended before it was ready (exit code ${code}).`)),
    );
  });
}

/**
 * Sends SIGTERM and waits until the part has exited; after `timeoutMs`, sends SIGKILL. With 0 it
 * sends SIGKILL at once.
 */
export function stopPart({ child }: Part, timeoutMs = 30_000): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const kill = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill(timeoutMs === 0 ? 'SIGKILL' : 'SIGTERM');
  });
}
