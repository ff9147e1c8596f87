import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part as Process } from '../../scripts/processes.ts';

const restMs = 3_000;

/** Resident memory of a process in bytes, after a moment of rest. Linux only. */
export async function residentBytes({ child }: Process): Promise<number> {
  await sleep(restMs);
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(
    readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'),
  )?.[1];
  return Number(kibibytes ?? Number.NaN) * 1024;
}
