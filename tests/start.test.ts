import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { findFreePort } from '../scripts/embedded-postgres.ts';
import { until } from './helpers/processes.ts';
import { WebClient } from './helpers/web.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'tributary-start-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `npm start` as a newcomer runs it: no configuration but a port and a folder. */
function npmStart(port: number) {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    env: { PATH, HOME, PORT: String(port), TRIBUTARY_DATA_DIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, exited, output: () => text };
}

async function isListening(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => true,
    () => false,
  );
}

describe('npm start', () => {
  it('goes from nothing to dashboards, ends completely, and restarts with its data', async () => {
    const port = await findFreePort();
    const first = npmStart(port);
    await until('it is ready', () => first.output().includes('is ready'), 110_000);
    expect(first.output()).toContain(`http://localhost:${port}`);
    const staff = await new WebClient(`http://localhost:${port}`).signIn(
      'staff@tributary.test',
      'a tour of three workspaces',
    );
    await until(
      'the demo is synced',
      async () =>
        (await staff.json<{ lastSyncAt: string | null }>('/api/sync/status?tenant=juniper')).body
          .lastSyncAt !== null,
    );
    const leads = async (who: WebClient) =>
      (await who.json<{ total: { value: number } }>('/api/dashboard/leads?tenant=juniper')).body
        .total.value;
    const before = await leads(staff);
    expect(before).toBeGreaterThanOrEqual(60);
    const databasePort = /PostgreSQL on port (\d+)/.exec(first.output())?.[1] ?? '';
    first.child.kill('SIGINT');
    expect(await first.exited).toBe(0);
    expect(await isListening(port)).toBe(false);
    expect(await isListening(Number(databasePort))).toBe(false);

    const second = npmStart(port);
    await until('it is ready again', () => second.output().includes('is ready'), 110_000);
    const viewer = await new WebClient(`http://localhost:${port}`).signIn(
      'viewer@juniper.test',
      'a tour of three workspaces',
    );
    expect(await leads(viewer)).toBeGreaterThanOrEqual(before);
    expect((await viewer.fetch('/w/summit/leads')).status).toBe(404);
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  }, 240_000);

  it('says in one sentence that its port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as { port: number };
    const attempt = npmStart(port);
    expect(await attempt.exited).toBe(1);
    expect(attempt.output()).toContain(`Port ${port} is taken.`);
    await new Promise((resolve) => blocker.close(resolve));
  });
});
