import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoPassword } from '../demo.ts';
import { findFreePort } from '../embedded-postgres.ts';
import { stopPart } from '../processes.ts';
import { signIn } from './site.ts';

/**
 * Starts the demo on a free port with a temporary database, calls `work` with its address once the
 * workspace `slug` has data, and removes everything afterwards.
 */
export async function withDemo<Result>(
  slug: string,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tributary-budgets-'));
  const port = await findFreePort();
  const child = startDemo(directory, port);
  try {
    const url = `http://localhost:${port}`;
    await waitForData(child, url, slug);
    return await work(url);
  } finally {
    await stopPart({ name: 'demo', child });
    rmSync(directory, { recursive: true, force: true });
  }
}

function startDemo(directory: string, port: number): ChildProcess {
  const env = {
    ...process.env,
    TRIBUTARY_DATA_DIR: directory,
    DATABASE_URL: '',
    PUBLIC_URL: '',
    PORT: String(port),
    LOG_LEVEL: 'silent',
  };
  return spawn(process.execPath, ['scripts/start.ts'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

async function waitForData(child: ChildProcess, url: string, slug: string): Promise<void> {
  while (!(await hasData(url, slug))) {
    if (child.exitCode !== null)
      throw new Error('The demo could not be started. Run npm start to see why.');
    await sleep(500);
  }
}

/** False until the server is up and the first sync of the workspace has finished. */
async function hasData(url: string, slug: string): Promise<boolean> {
  const isAlive = await fetch(new URL('/healthz', url)).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isAlive) return false;
  const cookie = await signIn(url, `admin@${slug}.test`, demoPassword);
  const response = await fetch(new URL(`/api/sync/status?tenant=${slug}`, url), {
    headers: { cookie },
  });
  return ((await response.json()) as { lastSyncAt: string | null }).lastSyncAt !== null;
}
