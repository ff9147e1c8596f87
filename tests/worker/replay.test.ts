import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { requestReplay } from '#lib/ingest/request.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { readContents, emptyTables } from '../helpers/replay.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
const user = '01a1fc74-0000-7000-8000-000000000001';
let sandbox: Sandbox;
let workspace: Workspace;
const workers: TestProcess[] = [];

beforeAll(async () => {
  const rows = {
    clients: Array.from({ length: 80 }, (_, index) => client(1 + index)),
    opportunities: Array.from({ length: 80 }, (_, index) => opportunity(1 + index)),
  };
  sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'one', webKey: 'CT_one', accessToken: 'token-of-one', rows })],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'one', 'one', { pageSize: 10 });
  await syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
});
afterEach(async () => {
  for (const { child, exited } of workers.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});
afterAll(async () => {
  await closeQueue();
  await sandbox.close();
});

const ask = () => requestReplay(workspace.tenant.id, workspace.connection.id, user);
const runs = (status: string) =>
  db.query<{ requested_by: string }>(
    `select requested_by from sync_runs where trigger = 'replay' and status = $1`,
    [status],
  );

describe('a replay that a person asks for', () => {
  it("is done by a worker, once, in that person's name, for that workspace only", async () => {
    const before = await readContents(db);
    await emptyTables(db);
    sandbox.log.clear();
    await ask();
    await expect(ask()).rejects.toThrow('already under way');
    const other = await createTenant({ slug: 'other', name: 'Other' });
    await expect(requestReplay(other.id, workspace.connection.id, user)).rejects.toThrow(
      'no such connection',
    );
    workers.push(startProcess('worker/index.ts', db.url));
    await until('the replay has ended', async () => (await runs('success')).length === 1);
    expect(await readContents(db)).toEqual(before);
    expect((await runs('success'))[0]?.requested_by).toBe(user);
    expect(sandbox.log.entries()).toEqual([]);
  });

  it('goes on in another worker when the one that has it is killed', async () => {
    const before = await readContents(db);
    await emptyTables(db);
    const env = { SYNC_LEASE_SECONDS: '1' };
    const worker = startProcess('worker/index.ts', db.url, { ...env, FAILPOINT: 'replay.batch:2' });
    await ask();
    expect((await worker.exited).signal).toBe('SIGKILL');
    expect(await runs('running')).toHaveLength(1);
    // As the queue does itself when the heartbeat of the job runs out.
    await db.query(
      `update pgboss.job
       set heartbeat_on = heartbeat_on - interval '10 minutes'
       where state = 'active'`,
    );
    workers.push(startProcess('worker/index.ts', db.url, env));
    await until('the replay has ended', async () => (await runs('success')).length === 2);
    expect(await readContents(db)).toEqual(before);
  });
});
