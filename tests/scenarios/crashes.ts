import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import { findFreePort, startEmbeddedPostgres } from '../../scripts/embedded-postgres.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { testEnv, type TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import { startProcess, until } from '../helpers/processes.ts';
import { startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { expectWholeAgain } from './ending.ts';
import { keepBusy, settle } from './fleet.ts';
import { installWitness, countProgress } from './witness.ts';

/** A server of the scenario's own, because it is crashed. */
interface Server {
  db: TestDatabase;
  /** kill -9 of the postmaster and of every process below it, as when the machine's power goes. */
  crash(): void;
  start(): Promise<void>;
  end(): Promise<void>;
}

async function ownServer(): Promise<Server> {
  const directory = mkdtempSync(path.join(tmpdir(), 'tributary-crash-'));
  const pidFile = path.join(directory, 'cluster', 'postmaster.pid');
  const port = await findFreePort();
  const start = () => startEmbeddedPostgres({ directory, port, settings: ['fsync=off'] });
  let server = await start();
  const db: TestDatabase = {
    url: server.url,
    query: (text, values) => queryOnce(server.url, text, values),
  };
  return {
    db,
    crash: () => {
      const [postmaster = ''] = readFileSync(pidFile, 'utf8').split('\n');
      const below = execFileSync('ps', ['-o', 'pid=', '--ppid', postmaster], { encoding: 'utf8' })
        .split('\n')
        .map(Number)
        .filter(Boolean);
      for (const pid of [Number(postmaster), ...below]) killHard(pid);
      // Where nobody collects dead processes, as in many containers, the stale file would name one
      // that seems to live.
      rmSync(pidFile);
    },
    start: async () => void (server = await start()),
    end: async () => {
      await server.stop('immediate');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A backend may have ended by itself since it was listed. */
function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function queryOnce<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  try {
    return (await connection.query<Row>(text, values)).rows;
  } finally {
    await connection.end();
  }
}

/**
 * The database is crashed in the middle of syncs and page loads; web and worker stay up and go on
 * when it is back.
 */
export async function crashDatabase({ crashes }: { crashes: number }): Promise<Figures> {
  const random = chances('crashes');
  const server = await ownServer();
  const { db } = server;
  Object.assign(process.env, testEnv(db.url));
  await migrateAll(db.url);
  const sandbox = await startSandbox({
    accounts: [
      bulkAccount({
        name: 'rows',
        webKey: 'CT_rows',
        accessToken: 'token-rows',
        clients: 60,
        notesPerClient: 1,
        opportunities: 900,
        now: Date.now(),
      }),
    ],
  });
  sandbox.faults.arm({ kind: 'latency', ms: 25 });
  const workspaces = await settle(sandbox, ['rows'], { pageSize: 15 });
  await createUser({
    email: 'viewer@rows.test',
    password: 'correct horse battery',
    tenantSlug: 'rows',
    role: 'viewer',
  });
  await installWitness(db);
  const web = await startWeb(db.url);
  const worker = startProcess('worker/index.ts', db.url);
  const visitor = await web.signIn('viewer@rows.test');
  const loads = { ok: 0, refused: 0 };
  const waits: number[] = [];
  try {
    for (let crash = 0; crash < crashes; crash += 1) {
      const wanted = (await countProgress(db)).pages + random.int(2, 8);
      await until(`page ${wanted} is stored`, async () => {
        await keepBusy(db);
        return (await countProgress(db)).pages >= wanted;
      });
      const { pages } = await countProgress(db);
      const reading = readOn(visitor, loads);
      await new Promise((resolve) => setTimeout(resolve, random.int(0, 150)));
      server.crash();
      await expectRefusal(web, visitor);
      await server.start();
      const backAt = performance.now();
      await until(
        'it is ready again',
        async () => (await web.visitor().fetch('/readyz')).status === 200,
      );
      await until(
        'pages work again',
        async () => (await visitor.fetch('/w/rows/leads')).status === 200,
      );
      await until('the worker stores pages again', async () => {
        await keepBusy(db);
        return (await countProgress(db)).pages > pages;
      });
      waits.push((performance.now() - backAt) / 1000);
      await reading.stop();
      expect([worker.child.exitCode, worker.child.signalCode]).toEqual([null, null]);
    }
    sandbox.faults.disarm();
    const { takeovers, ...whole } = await expectWholeAgain(db, sandbox, workspaces);
    expect(takeovers).toBe(0);
    expect(worker.output()).not.toMatch(/uncaught|unhandled|worker\.failed/i);
    // An error that nobody catches ends a process: both are still the ones that were started.
    expect([process.kill(web.pid, 0), worker.child.exitCode]).toEqual([true, null]);
    expect(loads.ok).toBeGreaterThan(0);
    return {
      crashes,
      ...whole,
      'page loads answered': loads.ok,
      'refused (503)': loads.refused,
      'page stored again after (s), at most': Math.max(...waits).toFixed(1),
    };
  } finally {
    worker.child.kill('SIGKILL');
    await web.stop();
    await sandbox.close(0);
    await closeQueue();
    await closeDatabase();
    await server.end();
  }
}

/**
 * While the database is gone: not ready, alive, and a page that says so without a word of its
 * inside.
 */
async function expectRefusal(web: Web, visitor: WebClient): Promise<void> {
  expect((await web.visitor().fetch('/readyz')).status).toBe(503);
  expect((await web.visitor().fetch('/healthz')).status).toBe(200);
  const page = await visitor.fetch('/w/rows/leads');
  expect(page.status).toBe(503);
  expect(await page.text()).not.toMatch(/ECONNREFUSED|postgres|select |terminating/i);
}

/** Loads a page over and over, and accepts only the page or a plain refusal. */
function readOn(
  visitor: WebClient,
  loads: { ok: number; refused: number },
): { stop: () => Promise<void> } {
  const until = { stopped: false };
  const reading = (async () => {
    while (!until.stopped) {
      const { status } = await visitor.fetch('/w/rows/leads');
      expect([200, 503]).toContain(status);
      if (status === 200) loads.ok += 1;
      else loads.refused += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  reading.catch(() => {});
  return {
    stop: async () => {
      until.stopped = true;
      await reading;
    },
  };
}
