import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readPid } from '../../scripts/postgres-server.ts';
import type { Cluster } from './cluster.ts';

/** What a piece of work cost the server. */
export interface ServerCost {
  /** User and system time of all its processes, in milliseconds. */
  cpuMs: number;
  walBytes: number;
}

/** Linux counts processor time in hundredths of a second. */
const tickMs = 10;

/**
 * Runs `work` and tells what the whole server spent meanwhile. Processes that ended are in the
 * books of the postmaster, which waited for them. Linux only: NaN elsewhere.
 */
export async function costOf<Result>(
  cluster: Cluster,
  work: () => Promise<Result>,
): Promise<{ result: Result; cost: ServerCost }> {
  const [cpu, wal] = [readCpu(cluster), await readWal(cluster)];
  const result = await work();
  const cost = { cpuMs: readCpu(cluster) - cpu, walBytes: (await readWal(cluster)) - wal };
  return { result, cost };
}

async function readWal(cluster: Cluster): Promise<number> {
  const [row] = await cluster.query<{ bytes: string }>(
    `select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`,
  );
  return Number(row?.bytes);
}

function readCpu(cluster: Cluster): number {
  const postmaster = readPid(path.join(cluster.directory, 'cluster'));
  if (postmaster === undefined || process.platform !== 'linux') return Number.NaN;
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => readStat(Number(pid)) ?? []);
  return processes
    .filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
    .reduce((sum, { pid, own, ended }) => sum + own + (pid === postmaster ? ended : 0), 0);
}

/** User and system time of one of our processes so far, in milliseconds; NaN when it has gone. */
export const readProcessCpu = (pid: number | undefined): number =>
  (pid === undefined ? undefined : readStat(pid))?.own ?? Number.NaN;

/** The fields of proc_pid_stat(5); undefined for a process that has just gone. */
function readStat(pid: number) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; 3 is the first field behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const field = (number: number) => Number(fields[number - 3]);
    return {
      pid,
      parent: field(4),
      own: (field(14) + field(15)) * tickMs,
      ended: (field(16) + field(17)) * tickMs,
    };
  } catch {
    return undefined;
  }
}
