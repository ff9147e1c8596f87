import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { demoAccounts } from '../../sandbox/index.ts';

const MAIN = resolve(import.meta.dirname, '../../sandbox/main.ts');

test('the process serves the demo accounts and ends requests under way on SIGTERM', async () => {
  const child = start('0');
  try {
    const url = /http:\/\/\S+/.exec(await firstOutput(child, 'stdout'))?.[0] ?? '';
    await fetch(`${url}/_control/faults`, {
      method: 'POST',
      body: JSON.stringify({ kind: 'latency', ms: 300 }),
    });
    const { webKey, accessToken } = demoAccounts.harbor;
    const slow = fetch(`${url}/v2/api/read_client_list`, {
      headers: { 'x-web-key': webKey, 'x-access-token': accessToken },
    });
    await expect
      .poll(async () => (await (await fetch(`${url}/_control/counters`)).json()) as unknown)
      .toMatchObject({ total: { inFlight: 1 } });
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await slow).status).toBe(200);
    expect((await exited)[0]).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a taken port is a clear error', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const port = String((taken.address() as AddressInfo).port);
  const child = start(port);
  try {
    const exited = once(child, 'exit');
    expect(await firstOutput(child, 'stderr')).toBe(
      `sandbox: port ${port} is taken; set SANDBOX_PORT to another\n`,
    );
    expect((await exited)[0]).toBe(1);
  } finally {
    child.kill('SIGKILL');
    taken.close();
  }
});

function start(port: string): ChildProcess {
  return spawn(process.execPath, [MAIN], {
    env: { ...process.env, SANDBOX_PORT: port },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function firstOutput(child: ChildProcess, stream: 'stdout' | 'stderr'): Promise<string> {
  const [chunk] = (await once(child[stream] ?? child, 'data')) as [Buffer];
  return chunk.toString();
}
