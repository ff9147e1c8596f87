import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../helpers/processes.ts';

interface Intrinsics {
  prototype: string[];
  added: string[];
  isFrozen: boolean;
}

/** What a plain object inherits in a process that nobody has harmed. */
export const unharmed: Intrinsics = {
  prototype: Object.getOwnPropertyNames(Object.prototype).toSorted(),
  added: [],
  isFrozen: true,
};

/** Environment with which a process of ours answers `readIntrinsics`. */
export const probeEnv = {
  NODE_OPTIONS: `--import=${path.resolve('tests/hostile/intrinsics-probe.ts')}`,
};

/** Asks a running process what a plain object inherits there. */
export async function readIntrinsics(pid: number): Promise<Intrinsics | undefined> {
  const file = path.join(tmpdir(), `tributary-intrinsics-${pid}.json`);
  process.kill(pid, 'SIGUSR2');
  let found: Intrinsics | undefined;
  await until('the process has told what objects inherit', () => {
    found = read(file);
    return found !== undefined;
  });
  rmSync(file, { force: true });
  return found;
}

/** Undefined while the file is not there, or written only in part. */
function read(file: string): Intrinsics | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Intrinsics;
  } catch {
    return undefined;
  }
}
