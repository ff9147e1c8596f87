import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part as Process } from '../../scripts/processes.ts';

const restMs = 3_000;

/** Resident memory of a process in bytes, after a moment of rest. Linux only. */
export async function residentBytes({ child }: Process): Promise<number> {
  await sleep(restMs);
  return readResidentBytes(child.pid ?? 0);
}

/** Resident memory of a process in bytes at this moment; NaN when it has gone. Linux only. */
export function readResidentBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  } catch {
    return Number.NaN;
  }
}
