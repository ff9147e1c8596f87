import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { useMailbox } from '../identity/auth/mailbox.ts';
import { useSink } from '../ops/alerts/sink.ts';
import { refuse } from '../ops/alerts/trouble.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { client } from '../helpers/rows.ts';
import { metricsToken, scrape } from '../helpers/scrape.ts';
import { startWeb } from '../helpers/web.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
const mailbox = useMailbox();
const sink = useSink();
const operators = 'operators@example.com';
let sandbox: Sandbox;
let workspace: Workspace;
const workers: TestProcess[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'rows',
        webKey: 'CT_tell_tale_key',
        accessToken: 'tell-tale-token',
        rows: { clients: [client(1), client(2)] },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'rows');
});
beforeEach(() => db.query('delete from alerts'));
afterEach(async () => {
  for (const { child, exited } of workers.splice(0)) {
    child.kill('SIGTERM');
    await exited;
  }
});
afterAll(() => sandbox.close());

/** A worker that looks for trouble every second. */
function startWorker(env: Record<string, string> = {}): TestProcess {
  const worker = startProcess('worker/index.ts', db.url, {
    METRICS_TOKEN: metricsToken,
    METRICS_PORT: '0',
    ALERT_CHECK_SECONDS: '1',
    ALERT_EMAIL: operators,
    ...env,
  });
  workers.push(worker);
  return worker;
}

/** Where the worker listens, as its log tells. */
async function originOf(worker: TestProcess): Promise<string> {
  const line = () =>
    worker
      .output()
      .split('\n')
      .find((text) => text.includes('worker.listening'));
  await until('the worker listens', () => line() !== undefined);
  return `http://127.0.0.1:${(JSON.parse(line() ?? '{}') as { port: number }).port}`;
}

const turns = async (count: number): Promise<void> => {
  const takenAt = async () =>
    (await db.query<{ at: string }>(`select taken_at::text as at from periodic_tasks`))[0]?.at;
  for (let turn = 0; turn < count; turn += 1) {
    const before = await takenAt();
    await until('somebody looked for trouble', async () => (await takenAt()) !== before);
  }
};

describe('the worker', () => {
  it('tells figures to whoever has the token, and everybody that it lives', async () => {
    // The first worker of this file: figures are those of one process, and a later one would find
    // the account synced.
    const origin = await originOf(startWorker());
    await until(
      'the account was synced',
      async () =>
        (await db.query(`select 1 from sync_runs where status in ('success', 'partial')`)).length >
        0,
    );
    const [health, ready, absent] = await Promise.all(
      ['/healthz', '/readyz', '/secrets'].map(async (path) => fetch(origin + path)),
    );
    expect([health?.status, ready?.status, absent?.status]).toEqual([200, 200, 404]);
    expect(await ready?.json()).toEqual({ ready: true, reason: null });
    expect((await fetch(`${origin}/healthz`, { method: 'POST' })).status).toBe(405);
    expect((await scrape(origin, null)).status).toBe(401);
    expect((await scrape(origin, 'wrong')).status).toBe(401);
    const figures = await scrape(origin);
    expect(figures.status).toBe(200);
    expect(
      figures.value('outbound_tries_total{provider="clienttether",outcome="ok"}'),
    ).toBeGreaterThan(3);
    expect(
      figures
        .labels('sync_stream_age_seconds')
        .every((labels) =>
          labels.startsWith(`tenant="rows",connection="${workspace.connection.id}"`),
        ),
    ).toBe(true);
    expect(figures.labels('sync_stream_age_seconds').length).toBeGreaterThan(2);
    expect(figures.value('sync_queue_depth{queue="sync-connection",state="waiting"}')).toBe(0);
    expect(figures.value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    expect(figures.text).not.toMatch(/tell.tale|CT_|@|127\.0\.0\.1/);
    expect(figures.text).not.toContain(metricsToken);
  });

  it('listens nowhere unless a port is set', async () => {
    const worker = startWorker({ METRICS_PORT: '' });
    await until('it is ready', () => worker.output().includes('worker.ready'));
    await turns(1);
    expect(worker.output()).not.toContain('worker.listening');
  });

  it('without a token has no metrics, and is healthy all the same', async () => {
    const origin = await originOf(startWorker({ METRICS_TOKEN: '' }));
    expect((await scrape(origin)).status).toBe(404);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
  });
});

describe('alerts', () => {
  it('are told once by two workers side by side, and once that they are over', async () => {
    startWorker();
    startWorker();
    await refuse(db, [workspace.connection.id]);
    await until('the mail came', () => mailbox.countOf(operators) > 0);
    await turns(4);
    expect([mailbox.countOf(operators), sink.calls]).toEqual([1, 1]);
    await refuse(db, [workspace.connection.id], false);
    await until('the end was told', () => mailbox.countOf(operators) > 1 && sink.calls > 1);
    await turns(3);
    expect([mailbox.countOf(operators), sink.calls]).toEqual([2, 2]);
    expect(sink.received.map(({ event, rule }) => `${event} ${rule}`)).toEqual([
      'alert.opened needs-reconnect',
      'alert.recovered needs-reconnect',
    ]);
  });

  it('are told by the web when there is no worker: that there is none', async () => {
    await db.query(`update connections set due_at = now() - interval '1 hour'`);
    const web = await startWeb(db.url, { ALERT_CHECK_SECONDS: '1', ALERT_EMAIL: operators });
    await until('it was told', () => sink.received.some(({ rule }) => rule === 'worker-absent'));
    await web.stop();
  });
});
