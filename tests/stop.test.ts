import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { ensureBuilt } from '../scripts/build.ts';
import { startSandbox, type Sandbox } from '../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from './helpers/database.ts';
import { allowForLoad } from './helpers/patience.ts';
import { startProcess, until, type TestProcess } from './helpers/processes.ts';
import { password, WebClient } from './helpers/web.ts';
import { createWorkspace } from './helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
const folder = mkdtempSync(path.join(tmpdir(), 'tributary-stop-'));
let sandbox: Sandbox;
const started: TestProcess[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  await ensureBuilt();
  sandbox = await startSandbox();
  const { tenant, connection } = await createWorkspace(sandbox, 'summit', 'north');
  await createUser({ email: 'ana@north.test', password, tenantSlug: 'north', role: 'viewer' });
  // An export far larger than what the sockets on both sides take without a reader.
  await db.query(
    `insert into leads (tenant_id, id, connection_id, provider, stream, external_id, content_hash,
       raw_json, snapshot_id, first_seen_at, changed_at, name, sort_name, sort_cents, status,
       qualified)
     select $1, new_id(), $2, 'clienttether', 'clients', 'bulk' || n, '', '{}', new_id(), now(),
       now(), repeat('n', 5000) || n, 'n' || n, -1, 'Bulk', false
       from generate_series(1, 10000) n`,
    [tenant.id, connection.id],
  );
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

const preload = `import { writeSync } from 'node:fs';
  process.on('SIGUSR2', function hangForever() { writeSync(1, 'hanging\\n'); for (;;); });
  process.on('SIGHUP', function throwLater() {
    Promise.reject(
      Object.assign(new Error('Failed query: select $1\\nparams: of-a-person', {
        cause: new AggregateError([new Error('own words')]),
      }), { headers: 'of-a-person' }),
    );
  });`;

/**
 * A process that runs JavaScript that never returns once it gets SIGUSR2, and has an error that
 * nobody catches once it gets SIGHUP.
 */
function start(entry: string, env: Record<string, string> = {}): TestProcess {
  const file = path.join(folder, 'hang.mjs');
  writeFileSync(file, preload);
  const process = startProcess(entry, db.url, {
    PORT: '0',
    STOP_TIMEOUT_SECONDS: '10',
    NODE_OPTIONS: `--import=${pathToFileURL(file).href}`,
    ...env,
  });
  started.push(process);
  onTestFailed(() => void globalThis.process.stderr.write(`${process.output()}\n`));
  return process;
}

const linesOf = ({ output }: TestProcess, event: string): Record<string, unknown>[] =>
  output()
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** A web that is ready, with its port. */
async function startWeb(): Promise<{ web: TestProcess; port: number }> {
  const web = start('scripts/web.ts');
  await until('the web is ready', () => linesOf(web, 'web.ready').length > 0, 120_000);
  return { web, port: Number(linesOf(web, 'web.ready')[0]?.['port']) };
}

async function startWorker(env: Record<string, string> = {}): Promise<TestProcess> {
  const worker = start('worker/index.ts', env);
  await until('the worker is ready', () => linesOf(worker, 'worker.ready').length > 0, 120_000);
  return worker;
}

/** Sends a request by hand and does not read the answer. */
function ask(port: number, lines: string[]): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  sockets.push(socket);
  return socket;
}

describe('a process that is told to stop', () => {
  it('ends at once with exit code 0 when there is nothing to wait for', async () => {
    const [{ web }, worker] = [await startWeb(), await startWorker()];
    web.child.kill('SIGTERM');
    worker.child.kill('SIGTERM');
    expect(await web.exited).toEqual({ code: 0, signal: null });
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    expect(web.output() + worker.output()).not.toMatch(/"level":"(error|fatal)"/);
  });

  it('cuts off an export that nobody reads, and says so', async () => {
    const { web, port } = await startWeb();
    const { jar } = await new WebClient(`http://localhost:${port}`).signIn(
      'ana@north.test',
      password,
    );
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    ask(port, [
      'GET /w/north/leads.csv?status=Bulk HTTP/1.1',
      `host: localhost:${port}`,
      `cookie: ${cookie}`,
    ]);
    await until('the export is under way', () => web.output().includes('[list].[format]'));
    web.child.kill('SIGTERM');
    expect(await web.exited).toEqual({ code: 1, signal: null });
    expect(linesOf(web, 'stop.failed')).toMatchObject([
      { reason: 'Requests that were still open and had to be cut off: 1.' },
    ]);
  });

  it('does not wait for a request whose body never arrives', async () => {
    const { web, port } = await startWeb();
    const socket = ask(port, [
      'POST /sign-in HTTP/1.1',
      `host: localhost:${port}`,
      `origin: http://localhost:${port}`,
      'content-type: application/x-www-form-urlencoded',
      'content-length: 1000',
      'expect: 100-continue',
    ]);
    await new Promise((resolve) => socket.once('readable', resolve));
    web.child.kill('SIGTERM');
    expect(await web.exited).toEqual({ code: 1, signal: null });
    expect(linesOf(web, 'stop.failed')).toHaveLength(1);
  });

  it('ends although its work does not', async () => {
    const worker = await startWorker({ ALERT_CHECK_SECONDS: '1', STOP_TIMEOUT_SECONDS: '5' });
    const blocker = new pg.Client({ connectionString: db.url });
    await blocker.connect();
    try {
      await blocker.query('begin; lock table periodic_tasks in access exclusive mode');
      await until('a task of the worker hangs', async () => {
        const [row] = await db.query<{ hangs: boolean }>(
          `select exists (select from pg_locks where not granted
             and relation = 'periodic_tasks'::regclass) as hangs`,
        );
        return row?.hangs === true;
      });
      worker.child.kill('SIGTERM');
      expect(await worker.exited).toEqual({ code: 1, signal: null });
    } finally {
      await blocker.end();
    }
    expect(linesOf(worker, 'stop.timed_out')).toMatchObject([
      { level: 'fatal', signal: 'SIGTERM', ms: 5000 },
    ]);
  });
});

describe('a process whose event loop stands still', () => {
  const entries = { web: async () => (await startWeb()).web, worker: () => startWorker() };

  it.each(['web', 'worker'] as const)('%s: ends soon after SIGTERM all the same', async (name) => {
    const hanging = await entries[name]();
    hanging.child.kill('SIGUSR2');
    // Two signals at once may arrive in either order, and a web without requests ends at once.
    await until('it hangs', () => hanging.output().includes('hanging'));
    hanging.child.kill('SIGTERM');
    expect(await hanging.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const told = [...linesOf(hanging, 'process.stuck'), ...linesOf(hanging, 'stop.timed_out')];
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ level: 'fatal' });
    expect(told[0]?.['stack']).toMatch(/^at hangForever \(file:.*hang\.mjs:2:\d+\)$/m);
  });

  it('ends also when it begins to hang while it stops', async () => {
    const { web, port } = await startWeb();
    const socket = ask(port, [
      'POST /sign-in HTTP/1.1',
      `host: localhost:${port}`,
      'content-length: 1000',
      'expect: 100-continue',
    ]);
    await new Promise((resolve) => socket.once('readable', resolve));
    web.child.kill('SIGTERM');
    await until('it stops', () => linesOf(web, 'web.stopping').length > 0);
    web.child.kill('SIGUSR2');
    expect(await web.exited).toEqual({ code: null, signal: 'SIGKILL' });
    const told = [...linesOf(web, 'process.stuck'), ...linesOf(web, 'stop.timed_out')];
    expect(told).toHaveLength(1);
  });
});

describe('an error that nobody catches', () => {
  it('ends the process with one line in words, without values', async () => {
    const worker = await startWorker();
    worker.child.kill('SIGHUP');
    expect(await worker.exited).toEqual({ code: 1, signal: null });
    const [line, ...more] = linesOf(worker, 'process.uncaught');
    expect(more).toEqual([]);
    expect(line).toMatchObject({
      level: 'fatal',
      reason: 'The database rejected a statement: own words',
    });
    expect(line?.['stack']).toMatch(/^ {4}at .*throwLater .*hang\.mjs/m);
    expect(worker.output()).not.toContain('of-a-person');
  });
});
