import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { updateSettings } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncConnection, syncSlice } from '#lib/ingest/sync-connection.ts';
import { takeRun } from '#lib/ingest/lease.ts';
import { replaySlice } from '#lib/ingest/replay/run.ts';
import { useDatabase } from '../helpers/database.ts';
import { startProcess } from '../helpers/processes.ts';
import { contentsOf, dryRun, emptyTables, replay, writtenRows } from '../helpers/replay.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  // Each client has a list of notes of its own: more lists than one batch takes.
  const rows = {
    clients: Array.from({ length: 560 }, (_, index) => client(1 + index)),
    notes: Array.from({ length: 560 }, (_, index) => ({
      id: String(9000 + index),
      contact_id: String(1 + index),
      content: 'Called',
      date: '2026-03-01 10:00:00',
    })),
    opportunities: Array.from({ length: 30 }, (_, index) => opportunity(1 + index)),
  };
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({ name: 'edges', webKey: 'CT_edges', accessToken: 'token-edges', rows }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'edges', 'edges', { pageSize: 50 });
  await sync();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.faults.disarm());

const sync = (options = {}) =>
  syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
    ...options,
  });
const requestOf = () => ({
  tenantId: workspace.tenant.id,
  connectionId: workspace.connection.id,
  trigger: 'replay' as const,
});
const live = async (table: string) =>
  (
    await db.query<{ n: number }>(
      `select count(*)::int as n from ${table} where deleted_at is null`,
    )
  )[0]?.n;
const update = (kind: 'clients' | 'opportunities', id: string, row: Record<string, unknown>) =>
  sandbox.clienttether.mutate('edges', { changes: [{ op: 'update', kind, id, row }] });
const statuses = () =>
  db.query(
    `select trigger, status, error_kind from sync_runs order by started_at desc, id desc limit 2`,
  );

describe('what could not be read', () => {
  it('stays set aside without another count, and its row as it was last readable', async () => {
    sandbox.clienttether.poison('edges', { kind: 'clients', poison: 'bad_date', count: 2 });
    sandbox.clienttether.poison('edges', { kind: 'opportunities', poison: 'missing_id', count: 1 });
    expect((await sync()).status).toBe('partial');
    const before = { contents: await contentsOf(db), written: await writtenRows(db) };
    const report = await replay(workspace);
    expect(report.recordsUpdated).toBe(0);
    expect(report.streams.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(3);
    expect(await writtenRows(db)).toEqual(before.written);
    await emptyTables(db);
    await replay(workspace);
    expect(await contentsOf(db)).toEqual(before.contents);
    await expectExactRollups(db);
  });

  it('leaves the list when another mapping takes it', async () => {
    const open = `
      select item_key from record_errors where resolved_at is null and stream = 'opportunities'`;
    await db.query(`insert into record_errors (tenant_id, id, connection_id, stream, item_key,
        run_id, snapshot_id, item_index, reason, payload)
      select tenant_id, gen_random_uuid(), connection_id, stream, external_id, gen_random_uuid(),
        snapshot_id, 0, 'was refused', ''
      from opportunities
      where external_id = '9'`);
    expect(await db.query(open)).toContainEqual({ item_key: '9' });
    await replay(workspace);
    expect(await db.query(open)).not.toContainEqual({ item_key: '9' });
  });

  it('in storage is passed over and named, and the rows stay', async () => {
    const [body] = await db.query<{ sha256: Buffer; compressed: Buffer }>(
      `select b.sha256, b.compressed
       from raw_snapshots s
       join raw_bodies b using (tenant_id, sha256)
       where s.stream = 'clients'
       order by s.received_at desc, s.page_no desc
       limit 1`,
    );
    await db.query(
      `update raw_bodies set compressed = substr(compressed, 1, 9) where sha256 = $1`,
      [body?.sha256],
    );
    const rows = await live('leads');
    expect((await dryRun(workspace)).streams.flatMap(({ damaged }) => damaged)).toHaveLength(1);
    const report = await replay(workspace);
    expect(report).toMatchObject({ status: 'partial', recordsUpdated: 0 });
    expect(report.errorMessage).toContain('1 stored answer is damaged');
    expect(report.damaged).toHaveLength(1);
    expect(await live('leads')).toBe(rows);
    await db.query(`update raw_bodies set compressed = $2 where sha256 = $1`, [
      body?.sha256,
      body?.compressed,
    ]);
    expect((await replay(workspace)).status).toBe('success');
  });
});

describe('what is gone', () => {
  it('is deleted only as far as the newest proof shows; what a pass held back stays', async () => {
    const ids = Array.from({ length: 125 }, (_, index) => String(20 + index));
    sandbox.clienttether.mutate('edges', {
      changes: ids.map((id) => ({ op: 'delete' as const, kind: 'clients' as const, id })),
    });
    expect((await sync()).errorMessage).toContain('nothing was deleted until a person confirms');
    const before = await contentsOf(db);
    expect((await replay(workspace)).recordsUpdated).toBe(0);
    await emptyTables(db);
    await replay(workspace);
    expect((await contentsOf(db))['leads']).toEqual(before['leads']);
    await sync({ acceptDeletions: true });
    const after = await live('leads');
    await db.query(`update leads set deleted_at = null where external_id = '20'`);
    await db.query(`update lead_metrics set count = count + 5`);
    expect((await dryRun(workspace)).streams.map(({ deleted }) => deleted)).toEqual([
      0, 1, 0, 0, 0, 0,
    ]);
    expect((await replay(workspace)).streams.map(({ deleted }) => deleted)).toEqual([
      0, 1, 0, 0, 0, 0,
    ]);
    expect(await live('leads')).toBe(after);
    await expectExactRollups(db);
  });

  it('is not known without a whole proof, or since a time', async () => {
    await db.query(`update leads set deleted_at = null where external_id = '20'`);
    const rows = await live('leads');
    await replay(workspace, { since: new Date(0) });
    const [page] = await db.query<{ id: string; row: object }>(
      `select s.id, to_jsonb(s) as row
       from raw_snapshots s
       where stream = 'clients'
       order by received_at desc
       limit 1`,
    );
    await db.query(`create table kept as select * from raw_snapshots where id = $1`, [page?.id]);
    await db.query(`delete from raw_snapshots where id = $1`, [page?.id]);
    await replay(workspace);
    expect(await live('leads')).toBe(rows);
    await db.query(`insert into raw_snapshots select * from kept`);
    await replay(workspace);
    expect(await live('leads')).toBe((rows ?? 0) - 1);
  });
});

describe('a row that tells since when it is as it is', () => {
  it('keeps its time under a mapping that renames, and finds a lost one in history', async () => {
    update('opportunities', '3', {
      contact_sales_cycle: 'Prospecting',
      last_modified_date: '2026-11-01 08:00:00',
    });
    await sync();
    update('opportunities', '3', { deal_size: '99', last_modified_date: '2026-11-05 08:00:00' });
    await sync();
    const read = async () =>
      (
        await db.query(
          `select stage_entered_at::text as at from opportunities where external_id = '3'`,
        )
      )[0];
    expect(await read()).toEqual({ at: '2026-11-01 08:00:00+00' });
    await db.query(
      `update opportunities
       set stage = 'an older name', content_hash = 'of an older mapping'
       where external_id = '3'`,
    );
    await replay(workspace);
    expect(await read()).toEqual({ at: '2026-11-01 08:00:00+00' });
    await db.query(`delete from hot_list_items; delete from opportunities where external_id = '3'`);
    await replay(workspace);
    expect(await read()).toEqual({ at: '2026-11-01 08:00:00+00' });
    await expectExactRollups(db);
  });
});

describe('a replay and other runs', () => {
  it('do not overlap, and do not go on with each other', async () => {
    await takeRun({ ...requestOf(), trigger: 'cli' });
    await expect(replay(workspace)).rejects.toThrow(
      'A sync of this connection is already under way',
    );
    await db.query(`update sync_runs set lease_until = null where status = 'running'`);
    expect((await replay(workspace)).status).not.toBe('failed');
    expect(await statuses()).toMatchObject([
      { trigger: 'replay' },
      { trigger: 'cli', status: 'failed', error_kind: 'interrupted' },
    ]);
    await takeRun(requestOf());
    await expect(syncSlice({ ...requestOf(), trigger: 'manual' })).rejects.toThrow(
      'A replay of this connection is already under way',
    );
    await db.query(
      `update sync_runs set lease_until = now() - interval '1 second' where status = 'running'`,
    );
    await sync();
    expect(await statuses()).toMatchObject([
      { trigger: 'cli' },
      { trigger: 'replay', status: 'failed', error_kind: 'interrupted' },
    ]);
  });

  it('is carried in slices by those to whom it is handed over', async () => {
    const before = await contentsOf(db);
    const fresh = await db.query(
      `select stream, fresh_at, cursor, high_water, version from stream_states order by 1`,
    );
    const due = await db.query(`select due_at from connections`);
    await emptyTables(db);
    let end = await replaySlice({ ...requestOf(), sliceMs: 0 });
    let slices = 1;
    while (end.report === undefined) {
      await expect(replaySlice(requestOf())).rejects.toThrow('already under way');
      await expect(sync()).rejects.toThrow('already under way');
      end = await replaySlice({ ...requestOf(), sliceMs: 0, handedOver: end.handedOver });
      slices += 1;
    }
    expect(end.report.status).not.toBe('failed');
    expect(await contentsOf(db)).toEqual(before);
    expect(slices).toBeGreaterThanOrEqual(7);
    expect(
      await db.query(
        `select stream, fresh_at, cursor, high_water, version from stream_states order by 1`,
      ),
    ).toEqual(fresh);
    expect(await db.query(`select due_at from connections`)).toEqual(due);
    await expectBalancedBooks(db);
  });

  it('killed in the middle is run again and finishes', async () => {
    const before = await contentsOf(db);
    await emptyTables(db);
    const killed = startProcess('cli/index.ts', db.url, { FAILPOINT: 'replay.batch:4' }, [
      'replay',
      '--tenant',
      'edges',
    ]);
    expect((await killed.exited).signal).toBe('SIGKILL');
    expect(await contentsOf(db)).not.toEqual(before);
    await expectExactRollups(db);
    await expect(replay(workspace)).rejects.toThrow('already under way');
    await db.query(
      `update sync_runs set lease_until = now() - interval '1 second' where status = 'running'`,
    );
    const again = startProcess('cli/index.ts', db.url, {}, [
      'replay',
      '--tenant',
      'edges',
      '--json',
    ]);
    expect([0, 5]).toContain((await again.exited).code);
    expect(await contentsOf(db)).toEqual(before);
    await expectExactRollups(db);
    await expectBalancedBooks(db);
  });

  it('is of one workspace only', async () => {
    const other = await createTenant({ slug: 'other', name: 'Other' });
    const before = await writtenRows(db);
    await expect(replay(workspace, { tenantId: other.id })).rejects.toThrow('no such connection');
    await expect(dryRun(workspace, { tenantId: other.id })).rejects.toThrow('no such connection');
    await expect(replay(workspace, { stream: 'nothing' })).rejects.toThrow(
      'has no stream "nothing"',
    );
    expect(await writtenRows(db)).toEqual(before);
  });

  it('takes one stream when it is asked to', async () => {
    await updateSettings(workspace.tenant.id, workspace.connection.id, {
      ...(workspace.connection.settings as object),
      sourceAliases: { website: 'Web' },
    });
    const { streams } = await replay(workspace, { stream: 'clients' });
    expect(streams.map(({ stream }) => stream)).toEqual(['clients']);
    expect(streams[0]?.changed).toBeGreaterThan(20);
    expect(
      await db.query(`select distinct source from opportunities where source is not null`),
    ).toEqual([{ source: 'Website' }]);
  });
});
