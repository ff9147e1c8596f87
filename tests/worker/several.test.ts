import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import { createWorkspace } from '../helpers/workspace.ts';

/** Workers on several machines have one database in common, and nothing else. */
const db = useDatabase();
const folder = mkdtempSync(path.join(tmpdir(), 'tributary-machines-'));
const names = ['one', 'two', 'three', 'four', 'five', 'six'];
const rowsEach = 40;
let sandbox: Sandbox;
/** Account by connection. */
const accounts = new Map<string, string>();
const workers: TestProcess[] = [];

beforeAll(async () => {
  const specs = names.map((name, at) => {
    const ids = Array.from({ length: rowsEach }, (_, index) => 1_000 * (1 + at) + index);
    return rowsAccount({
      name,
      webKey: `CT_${name}`,
      accessToken: `token-of-${name}`,
      rows: {
        clients: ids.map((id) => client(id)),
        opportunities: ids.map((id) => opportunity(id)),
      },
    });
  });
  sandbox = await startSandbox({ accounts: specs, now: Date.UTC(2026, 10, 20) });
  for (const [first = '', second = ''] of [names.slice(0, 2), names.slice(2, 4), names.slice(4)]) {
    const { tenant, connection } = await createWorkspace(sandbox, first, first, { pageSize: 5 });
    const { webKey, accessToken } = sandbox.clienttether.account(second).identity;
    const other = await createConnection({
      tenantId: tenant.id,
      provider: 'clienttether',
      label: second,
      settings: { baseUrl: sandbox.clienttether.baseUrl, pageSize: 5 },
      secrets: { webKey, accessToken },
    });
    accounts.set(connection.id, first).set(other.id, second);
  }
});
afterEach(async () => {
  for (const { child, exited } of workers.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
  sandbox.faults.disarm();
});
afterAll(async () => {
  await closeQueue();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A worker as on a machine of its own: other name, other time zone, no shared folder. */
function startOn(machine: string, timeZone: string): TestProcess {
  const home = mkdtempSync(path.join(folder, `${machine}-`));
  const worker = startProcess('worker/index.ts', db.url, {
    HOSTNAME: machine,
    TZ: timeZone,
    HOME: home,
    TMPDIR: home,
    SYNC_CONCURRENCY: '2',
    SYNC_SLICE_SECONDS: '1',
  });
  workers.push(worker);
  return worker;
}

const didWork = (worker: TestProcess) =>
  worker.output().includes('"sync.finished"') || worker.output().includes('"sync.put_down"');
const isReady = (worker: TestProcess) => worker.output().includes('"worker.ready"');
const count = async (text: string) =>
  (await db.query<{ count: number }>(`select count(*)::int as count from ${text}`))[0]?.count;
const hasStoredPages = async (least: number) =>
  (
    await db.query(
      `select 1
       from sync_run_streams s
       join sync_runs r on r.tenant_id = s.tenant_id and r.id = s.run_id
       where r.status = 'running' and s.pages > 2`,
    )
  ).length >= least;

/**
 * Rows equal the source, each page of a pass is there once, the books agree with the pages, and no
 * worker was lost.
 */
async function expectWhole(): Promise<void> {
  for (const [connection, account] of accounts) {
    for (const [table, kind, id] of [
      ['leads', 'clients', 'client_id'],
      ['opportunities', 'opportunities', 'opportunity_id'],
    ] as const) {
      const rows = await db.query<{ id: string }>(
        `select external_id as id from ${table} where connection_id = $1 and deleted_at is null`,
        [connection],
      );
      const truth = (sandbox.clienttether.truth(account)[kind] ?? []).map((row) => String(row[id]));
      expect(rows.map((row) => row.id).toSorted(), `${kind} of ${account}`).toEqual(
        truth.toSorted(),
      );
    }
  }
  expect(
    await db.query(
      `select connection_id, stream, pass_id, page_no, partition
       from raw_snapshots
       group by 1, 2, 3, 4, 5
       having count(*) > 1`,
    ),
  ).toEqual([]);
  expect(await count('raw_snapshots')).toBe(
    (await db.query<{ pages: number }>('select sum(pages)::int as pages from sync_run_streams'))[0]
      ?.pages,
  );
  expect(
    await db.query(
      `select status, losses, error_message from sync_runs where status <> 'success' or losses > 0`,
    ),
  ).toEqual([]);
  expect(await count('dead_letters')).toBe(0);
  await expectExactRollups(db);
  await expectBalancedBooks(db);
}

describe('workers on several machines', { timeout: 180_000 }, () => {
  it('share six connections of three workspaces: each page and run is there once', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 40 });
    // Nothing is due before both are there: else the first would do it all on a slow machine.
    await db.query(`update connections set due_at = now() + interval '1 day'`);
    const [east, west] = [startOn('east', 'Asia/Tokyo'), startOn('west', 'America/Los_Angeles')];
    await until('both are ready', () => isReady(east) && isReady(west));
    await db.query('update connections set due_at = null');
    await enqueueDueSyncs();
    await until(
      'every connection is synced',
      async () => (await count(`sync_runs where status = 'success'`)) === names.length,
      120_000,
    );
    await until('both have told of their work', () => didWork(east) && didWork(west));
    expect(await count('sync_runs')).toBe(names.length);
    expect(await count('sync_runs where lease > 1')).toBeGreaterThan(0);
    await expectWhole();
  });

  it('are replaced in turn in mid-sync: nothing is lost, every run ends well', async () => {
    for (const [at, name] of names.entries()) {
      sandbox.clienttether.mutate(name, {
        changes: Array.from({ length: 20 }, (_, index) => ({
          op: 'add' as const,
          kind: 'clients' as const,
          row: client(1_000 * (1 + at) + 500 + index),
        })),
      });
    }
    sandbox.faults.arm({ kind: 'latency', ms: 60 });
    await db.query('update connections set due_at = null');
    const [east, west] = [startOn('east', 'UTC'), startOn('west', 'UTC')];
    await until(
      'both work, in the middle of syncs',
      async () => isReady(east) && isReady(west) && (await hasStoredPages(2)),
    );
    east.child.kill('SIGTERM');
    expect(await east.exited).toEqual({ code: 0, signal: null });
    startOn('east', 'UTC');
    await until('a sync goes on', async () => hasStoredPages(1));
    west.child.kill('SIGTERM');
    expect(await west.exited).toEqual({ code: 0, signal: null });
    startOn('west', 'UTC');
    await until(
      'every connection is synced again',
      async () => (await count(`sync_runs where status = 'success'`)) === 2 * names.length,
      120_000,
    );
    expect(await count('sync_runs')).toBe(2 * names.length);
    await expectWhole();
  });
});
