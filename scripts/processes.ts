import { spawn, type ChildProcess } from 'node:child_process';
import type { Environment } from './environment.ts';

export interface Part {
  name: string;
  child: ChildProcess;
}

/**
 * Starts one of our processes from its TypeScript entry. It is in a process group of its own, so
 * that Ctrl-C reaches only the parent, which then ends its parts in order; and it ends by itself
 * when the parent is gone.
 */
export function startPart(name: string, entry: string, env: Environment): Part {
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  return { name, child };
}

/** The first message of a part, which says that it is ready. Rejects when it ends before. */
export function whenReady({ name, child }: Part): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${name} ended before it was ready (exit code ${code}).`)),
    );
  });
}

/** Asks a part to end, and waits until it has. */
export function stopPart({ child }: Part, timeoutMs = 30_000): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const kill = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('exit', () => {
      clearTimeout(kill);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
