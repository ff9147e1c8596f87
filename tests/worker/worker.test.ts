import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { requestTenantSync } from '#lib/ingest/request.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
const user = '01a1fc74-0000-7000-8000-000000000001';
let sandbox: Sandbox;
let first: Workspace;
let second: Workspace;
const workers: TestProcess[] = [];

const account = (name: string) =>
  rowsAccount({
    name,
    webKey: `CT_${name}`,
    accessToken: `token-of-${name}`,
    rows: {
      clients: Array.from({ length: 80 }, (_, index) => client(1 + index)),
      opportunities: Array.from({ length: 80 }, (_, index) => opportunity(1 + index)),
    },
  });

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [account('one'), account('two')],
    now: Date.UTC(2026, 10, 20),
  });
  first = await createWorkspace(sandbox, 'one', 'one', { pageSize: 10 });
  second = await createWorkspace(sandbox, 'two', 'two', { pageSize: 10 });
});
afterEach(async () => {
  // Each finishes its jobs: one that is killed keeps them until they time out, half a minute later.
  await Promise.all(
    workers.splice(0).map(({ child, exited }) => {
      child.kill('SIGTERM');
      return exited;
    }),
  );
  sandbox.faults.disarm();
});
afterAll(async () => {
  await closeQueue();
  await sandbox.close();
});

function startWorker(env: Record<string, string> = {}): TestProcess {
  const worker = startProcess('worker/index.ts', db.url, env);
  workers.push(worker);
  return worker;
}

const runs = (workspace: Workspace, status: string) =>
  db.query(`select * from sync_runs where tenant_id = $1 and status = $2`, [
    workspace.tenant.id,
    status,
  ]);
const expectConverged = async () => {
  await expectTruth(db, sandbox, 'one', first);
  await expectTruth(db, sandbox, 'two', second);
  await expectExactRollups(db);
  await expectBalancedBooks(db);
};

describe('the worker process', () => {
  it('syncs what is due at its start, and nothing of an archived or empty tenant', async () => {
    await db.query(`insert into tenants (slug, name) values ('empty', 'Nothing connected')`);
    await db.query(`update tenants set archived_at = now() where slug = 'two'`);
    startWorker();
    await until(
      'the first tenant is synced',
      async () => (await runs(first, 'success')).length === 1,
    );
    expect(
      await db.query(`select 1 from sync_runs where tenant_id <> $1`, [first.tenant.id]),
    ).toEqual([]);
    await db.query(`update tenants set archived_at = null where slug = 'two'`);
    const [due] = await db.query<{ later: boolean }>(
      `select due_at > now() and due_at < now() + interval '67 minutes' as later
       from connections
       where tenant_id = $1`,
      [first.tenant.id],
    );
    expect(due).toEqual({ later: true });
  });

  it('drains on SIGTERM: the run ends at a page, and the next worker goes on', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 250 });
    const worker = startWorker();
    await until(
      'the second tenant is being synced',
      async () =>
        (
          await db.query(`select 1 from sync_run_streams where tenant_id = $1 and pages > 1`, [
            second.tenant.id,
          ])
        ).length > 0,
    );
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toEqual({ code: 0, signal: null });
    const [stopped] = await db.query(
      `select status, lease_until, losses from sync_runs where tenant_id = $1`,
      [second.tenant.id],
    );
    expect(stopped).toEqual({ status: 'running', lease_until: null, losses: 0 });
    sandbox.faults.disarm();
    startWorker();
    await until(
      'the second tenant is synced',
      async () => (await runs(second, 'success')).length === 1,
    );
    await expectConverged();
  });

  it('is killed in the middle of a sync: the next takes over, and rows are right', async () => {
    sandbox.clienttether.mutate('one', {
      changes: Array.from({ length: 30 }, (_, index) => ({
        op: 'add' as const,
        kind: 'clients' as const,
        row: client(500 + index),
      })),
    });
    sandbox.faults.arm({ kind: 'latency', ms: 250 });
    await db.query(`update connections set due_at = null`);
    const worker = startWorker({ SYNC_LEASE_SECONDS: '2' });
    await until(
      'a page is stored',
      async () =>
        (
          await db.query(
            `select 1
             from sync_run_streams s
             join sync_runs r using (tenant_id)
             where r.id = s.run_id and r.status = 'running' and s.stream = 'clients'
               and s.pages > 2`,
          )
        ).length > 0,
    );
    worker.child.kill('SIGKILL');
    await worker.exited;
    const [{ now } = { now: '' }] = await db.query<{ now: string }>('select now()::text as now');
    sandbox.faults.disarm();
    startWorker({ SYNC_LEASE_SECONDS: '2' });
    await until(
      'both tenants are synced again',
      async () =>
        (
          await db.query(
            `select distinct tenant_id
             from sync_runs
             where status = 'success' and finished_at > $1`,
            [now],
          )
        ).length === 2,
    );
    expect(
      (
        await db.query<{ losses: number }>(`select losses from sync_runs where finished_at > $1`, [
          now,
        ])
      ).some(({ losses }) => losses === 1),
    ).toBe(true);
    await expectConverged();
  });

  it('does one sync for a double click', async () => {
    startWorker();
    const before = (await runs(first, 'success')).length;
    const outcomes = await Promise.allSettled([
      requestTenantSync(first.tenant.id, user),
      requestTenantSync(first.tenant.id, user),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await until(
      'the sync has ended',
      async () => (await runs(first, 'success')).length === before + 1,
    );
    const [newest] = await db.query(
      `select trigger, requested_by
       from sync_runs
       where tenant_id = $1
       order by started_at desc
       limit 1`,
      [first.tenant.id],
    );
    expect(newest).toEqual({ trigger: 'manual', requested_by: user });
  });

  it('asks for every connection but one that is read at the moment', async () => {
    const {
      tenant: { id: tenantId },
      connection,
    } = first;
    await db.query(
      `insert into sync_runs (tenant_id, connection_id, trigger, status, lease_until)
       values ($1, $2, 'schedule', 'running', now() + interval '1 minute')`,
      [tenantId, connection.id],
    );
    await expect(requestTenantSync(tenantId, user)).rejects.toThrow('already under way');
    const { id } = await createConnection({
      tenantId,
      provider: 'clienttether',
      settings: { baseUrl: sandbox.clienttether.baseUrl },
      secrets: { accessToken: 'token-of-two', webKey: 'CT_two' },
    });
    expect(await requestTenantSync(tenantId, user)).toEqual({ queued: 1 });
    expect(
      await db.query(
        `select data->>'connectionId' as id
         from pgboss.job
         where data->>'trigger' = 'manual' and state = 'created'`,
      ),
    ).toEqual([{ id }]);
    await db.query('update sync_runs set status = $1, lease_until = null where status = $2', [
      'failed',
      'running',
    ]);
  });

  it('refuses a wrong configuration, an all-seeing role, an unmigrated database', async () => {
    const wrong = startWorker({ DATABASE_URL: 'mysql://nowhere', TRIBUTARY_KEYS: 'short' });
    expect((await wrong.exited).code).toBe(1);
    expect(wrong.output()).toMatch(
      /DATABASE_URL: must start with postgres.*\n.*TRIBUTARY_KEYS.0: each key must be/,
    );
    const bare = new URL(db.url);
    bare.pathname = '/postgres';
    const unmigrated = startWorker({ DATABASE_URL: bare.href });
    expect((await unmigrated.exited).code).toBe(1);
    expect(unmigrated.output()).toContain('npm run migrate');
  });

  it('logs JSON lines with ids and without secrets', async () => {
    const worker = startWorker({ LOG_LEVEL: 'trace' });
    // Not what is due: those jobs still belong to the worker that was killed, for half a minute.
    await requestTenantSync(first.tenant.id, user);
    await until('the sync of the first tenant was logged', () =>
      worker.output().includes(first.connection.id),
    );
    for (const line of worker.output().split('\n').filter(Boolean)) {
      const entry = JSON.parse(line) as Record<string, unknown>;
      expect(entry).toHaveProperty('event');
    }
    expect(worker.output()).toContain(first.connection.id);
    expect(worker.output()).not.toMatch(/CT_one|CT_two|token-of-/);
  });
});
