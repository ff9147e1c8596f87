import { fork, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { ensureBuilt } from '../../../scripts/build.ts';
import { testEnv } from '../../helpers/database.ts';

/** The built web application, running. */
export interface RunningServer {
  url: string;
}

/** Builds and starts the web application on the test's database. Call at the top of a file. */
export function useServer(
  databaseUrl: () => string,
  env: () => Record<string, string> = () => ({}),
): RunningServer {
  const server: RunningServer = { url: '' };
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    await ensureBuilt();
    const port = await freePort();
    server.url = `http://localhost:${port}`;
    child = fork(path.resolve('scripts/web.ts'), {
      env: {
        ...process.env,
        ...testEnv(databaseUrl()),
        ...env(),
        PORT: String(port),
        HOST: 'localhost',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await new Promise((resolve, reject) => {
      child?.once('message', resolve);
      child?.once('exit', (code) => reject(new Error(`The web process ended with ${code}`)));
    });
  }, 300_000);
  afterAll(async () => {
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  });
  return server;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, 'localhost', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
