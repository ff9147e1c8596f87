import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, onTestFailed } from 'vitest';
import { findFreePort } from '../scripts/embedded-postgres.ts';
import { isListening } from '../scripts/postgres-server.ts';
import { allowForLoad } from './helpers/patience.ts';
import { until } from './helpers/processes.ts';
import { WebClient } from './helpers/web.ts';

allowForLoad();
const directory = mkdtempSync(path.join(tmpdir(), 'tributary-start-database-'));
// As root, the database runs as another user, who can keep its files here only if he can enter.
chmodSync(directory, 0o755);
const cluster = path.join(directory, 'postgres', 'cluster');
const port = await findFreePort();
const { PATH, HOME } = process.env;
const child = spawn(process.execPath, ['scripts/start.ts'], {
  env: { PATH, HOME, PORT: String(port), TRIBUTARY_DATA_DIR: directory },
  stdio: ['ignore', 'pipe', 'pipe'],
});
let output = '';
for (const stream of [child.stdout, child.stderr])
  stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));

afterAll(async () => {
  if (child.exitCode === null) child.kill('SIGTERM');
  await exited;
  rmSync(directory, { recursive: true, force: true });
});

const count = (text: string) => output.split(text).length - 1;

describe('the embedded database of npm start', () => {
  it('is started again when it was killed, and data is served again', async () => {
    onTestFailed(() => void process.stderr.write(output));
    await until('it is ready', () => output.includes('is ready'), 200_000);
    const staff = await new WebClient(`http://localhost:${port}`).signIn(
      'staff@tributary.test',
      'a tour of three workspaces',
    );
    const status = () =>
      staff.json<{ lastSyncAt: string | null }>('/api/sync/status?tenant=juniper');
    await until('the worker works', async () => (await status()).body.lastSyncAt !== null);
    const [postmaster] = readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    process.kill(Number(postmaster), 'SIGKILL');
    await until('it was started again', () => count('was started again') === 1);
    await until('data is served again', async () => (await status()).status === 200);
    expect(output).not.toMatch(/\[object |Worker: /);
  });

  it('ends everything with one message when its folder is gone', async () => {
    const databasePort = Number(/PostgreSQL on port (\d+)/.exec(output)?.[1]);
    const before = output.length;
    rmSync(path.join(directory, 'postgres'), { recursive: true, force: true, maxRetries: 20 });
    expect(await exited).toBe(1);
    expect(count('The files of the embedded database are gone')).toBe(1);
    expect(count('stopping everything')).toBe(0);
    const after = output.slice(before);
    expect(after).not.toMatch(/\[object |^ +at /m);
    expect(after.split('\n').length).toBeLessThan(60);
    expect(await isListening(port)).toBe(false);
    expect(await isListening(databasePort)).toBe(false);
  });
});
