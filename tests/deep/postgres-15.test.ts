import { execFile, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { findFreePort } from '../../scripts/embedded-postgres.ts';

const binaries = '/usr/lib/postgresql/15/bin';
const root = mkdtempSync(path.join(tmpdir(), 'tributary-pg15-'));
const cluster = path.join(root, 'cluster');
const run = promisify(execFile);

/** The server refuses to run as root: as root it becomes `nobody`, as the embedded one may. */
const user =
  process.getuid?.() === 0
    ? {
        uid: Number(spawnSync('id', ['-u', 'nobody']).stdout.toString()),
        gid: Number(spawnSync('id', ['-g', 'nobody']).stdout.toString()),
      }
    : {};
const tool = (name: string, args: string[]) =>
  run(path.join(binaries, name), args, { ...user, cwd: '/' });

afterAll(async () => {
  if (existsSync(path.join(cluster, 'postmaster.pid')))
    await tool('pg_ctl', ['stop', '-D', cluster, '-m', 'immediate', '-w']);
  rmSync(root, { recursive: true, force: true });
});

/** A cluster of the oldest supported version on loopback. Returns a superuser's URL. */
async function startOldest(): Promise<string> {
  const passwordFile = path.join(root, 'password');
  const port = await findFreePort();
  writeFileSync(passwordFile, 'oldest');
  mkdirSync(cluster);
  if (user.uid !== undefined)
    for (const owned of [root, passwordFile, cluster]) chownSync(owned, user.uid, user.gid);
  await tool('initdb', [
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
  ]);
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
  ].map((setting) => `-c ${setting}`);
  await tool('pg_ctl', [
    'start',
    '-D',
    cluster,
    '-w',
    '-l',
    path.join(root, 'log'),
    '-o',
    `-p ${port} ${settings.join(' ')}`,
  ]);
  return `postgres://postgres:oldest@127.0.0.1:${port}/postgres`;
}

it.skipIf(!existsSync(path.join(binaries, 'initdb')))(
  'tenants are kept apart on PostgreSQL 15 as well',
  { timeout: 900_000 },
  async ({ task }) => {
    const url = await startOldest();
    const version = (await tool('postgres', ['--version'])).stdout.trim();
    const env = { ...process.env, TEST_DATABASE_URL: url, DEEP: '0' };
    const { stdout } = await run(
      process.execPath,
      ['scripts/test.ts', 'tests/identity/tenancy', 'tests/isolation'],
      { env, maxBuffer: 1 << 26 },
    ).catch((error: { stdout: string }) => error);
    const [, passed = '0', failed = '?'] = /(\d+) passed, (\d+) failed/.exec(stdout) ?? [];
    expect(Number(failed), stdout.slice(-4_000)).toBe(0);
    task.meta.shown = {
      row: 'tenant matrix, catalogue and attacks',
      figures: { server: version, tests: Number(passed), failed: Number(failed) },
    };
  },
);
