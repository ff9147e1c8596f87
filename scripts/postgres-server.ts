import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The user as whom PostgreSQL runs; empty for the one of this process. */
export interface Identity {
  uid?: number;
  gid?: number;
}

export interface Binaries {
  initdb: string;
  pg_ctl: string;
  postgres: string;
}

/** A cluster on this machine, running or not. */
export interface Cluster {
  binaries: Binaries;
  identity: Identity;
  /** Where its files are. */
  directory: string;
  /** Server settings, `name=value`. */
  settings: string[];
}

export const logFileOf = (directory: string): string => path.join(directory, 'server.log');
const pidFileOf = (directory: string): string => path.join(directory, 'postmaster.pid');

/** The port of the server that runs on a cluster already, if one does. */
export async function readRunningPort(cluster: Cluster): Promise<number | undefined> {
  const { binaries, directory, identity } = cluster;
  removeStalePidFile(directory);
  if (!existsSync(pidFileOf(directory))) return undefined;
  const running = await run(binaries.pg_ctl, ['status', '-D', directory], identity).then(
    () => true,
    () => false,
  );
  return running ? Number(readFileSync(pidFileOf(directory), 'utf8').split('\n')[3]) : undefined;
}

/** The process id that the server of a cluster left in its folder. */
export function readPid(directory: string): number | undefined {
  const file = pidFileOf(directory);
  return existsSync(file)
    ? Number.parseInt(readFileSync(file, 'utf8'), 10) || undefined
    : undefined;
}

/**
 * Removes the pid file of a server that is dead but whose entry in the process table nobody has
 * collected, as in containers without an init process: PostgreSQL would take it for alive. What is
 * left of that server still protects itself, through the shared memory that it holds.
 */
function removeStalePidFile(directory: string): void {
  const stat = `/proc/${readPid(directory) ?? 'none'}/stat`;
  const isZombie = existsSync(stat) && /\) Z /.test(readFileSync(stat, 'utf8'));
  if (isZombie) rmSync(pidFileOf(directory), { force: true });
}

/** Starts the server of a cluster on `port` and waits until it takes connections. */
export async function launch(
  { binaries, identity, directory, settings }: Cluster,
  port: number,
): Promise<void> {
  const all = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    ...settings,
  ];
  const flags = [`-p ${port}`, ...all.map((setting) => `-c ${setting}`)].join(' ');
  const logFile = logFileOf(directory);
  await new Promise<void>((resolve, reject) => {
    const child = spawn(
      binaries.pg_ctl,
      ['start', '-D', directory, '-w', '-t', '60', '-l', logFile, '-o', flags],
      { ...identity, cwd: '/', stdio: 'ignore', detached: true },
    );
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`PostgreSQL did not start; its log is ${logFile}.`)),
    );
  });
}

const relaunchMs = 30_000;

/**
 * Launches a server that has died, again and again for half a minute: while processes of the old
 * one are ending, a new one refuses to start. Rejects with the last failure, and when `signal` is
 * aborted.
 */
export async function relaunch(cluster: Cluster, port: number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + relaunchMs;
  while (!(await isListening(port))) {
    signal.throwIfAborted();
    try {
      removeStalePidFile(cluster.directory);
      await launch(cluster, port);
    } catch (error) {
      if (performance.now() > deadline || !isSound(cluster.directory)) throw error;
      await sleep(500);
    }
  }
}

const neededFiles = ['PG_VERSION', 'base', 'global/pg_control', 'pg_wal'];

/** Whether the files are there without which a server cannot start. */
export const isSound = (directory: string): boolean =>
  neededFiles.every((file) => existsSync(path.join(directory, file)));

/**
 * Whether a server listens on a port of this machine. Only a refused connection says that none
 * does: one that is busy may not answer.
 */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    const answer = (listens: boolean) => {
      probe.destroy();
      resolve(listens);
    };
    probe.once('connect', () => answer(true));
    probe.once('timeout', () => answer(true));
    probe.once('error', (error: NodeJS.ErrnoException) => answer(error.code !== 'ECONNREFUSED'));
  });
}

const quitMs = 5_000;

/**
 * Stops the server of a cluster. `pid` is used when pg_ctl cannot: without its files it does not
 * find the server.
 */
export async function halt(
  { binaries, directory, identity }: Cluster,
  mode: 'fast' | 'immediate',
  { pid, port }: { pid: number | undefined; port: number },
): Promise<void> {
  const args = ['stop', '-D', directory, '-m', mode, '-w', '-t', '30'];
  const stopped = await run(binaries.pg_ctl, args, identity).then(
    () => true,
    () => false,
  );
  if (stopped || pid === undefined || !(await isListening(port))) return;
  process.kill(pid, 'SIGQUIT');
  const deadline = performance.now() + quitMs;
  while (performance.now() < deadline && (await isListening(port))) await sleep(100);
}

const execute = promisify(execFile);

/** Runs a program of PostgreSQL to its end. Rejects when it fails. */
export async function run(file: string, args: string[], identity: Identity): Promise<void> {
  await execute(file, args, { ...identity, cwd: '/' });
}
