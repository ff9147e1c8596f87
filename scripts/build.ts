import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const marker = path.join('dist', 'built-from');
const sources = [
  'src/**/*',
  'public/**/*',
  'astro.config.mjs',
  'package-lock.json',
  'tsconfig.json',
];

/** Contains the process id of the running build; other processes wait for it. */
const lock = path.join('node_modules', '.build.lock');

/**
 * Builds the web application unless the existing build was made from the same sources. A lock lets
 * only one process build at a time.
 */
export async function ensureBuilt(): Promise<void> {
  if (isBuilt(hashSources())) return;
  while (!acquireLock()) await sleep(200);
  try {
    const digest = hashSources();
    if (isBuilt(digest)) return;
    await runAstro(['build', '--silent']);
    mkdirSync('dist', { recursive: true });
    writeFileSync(marker, digest);
  } finally {
    rmSync(lock, { force: true });
  }
}

function isBuilt(digest: string): boolean {
  return existsSync(marker) && readFileSync(marker, 'utf8') === digest;
}

/**
 * False while another process holds the lock. The lock of a process that died during a build is
 * removed.
 */
function acquireLock(): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(readHolder(lock))) rmSync(lock, { force: true });
    return false;
  }
}

/** NaN while the lock is being written or has just been removed. */
function readHolder(file: string): number {
  return Number.parseInt(existsSync(file) ? readFileSync(file, 'utf8') : '', 10);
}

/** An unreadable process id counts as alive. */
function isAlive(pid: number): boolean {
  if (Number.isNaN(pid)) return true;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function hashSources(): string {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((pattern) => globSync(pattern)).sort()) {
    if (statSync(file).isFile()) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function runAstro(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [path.join('node_modules', 'astro', 'bin', 'astro.mjs'), ...args],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, NODE_ENV: 'production', ASTRO_TELEMETRY_DISABLED: '1' },
      },
    );
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`The build failed (astro ${args.join(' ')}, exit code ${code}).`)),
    );
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await ensureBuilt();
