import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { livingAccount, rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { updateSettings } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { readContents, dryRun, emptyTables, replay, writtenRows } from '../helpers/replay.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { expectBalancedBooks, expectExactRollups, expectTruth } from '../helpers/truth.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
const now = Date.UTC(2026, 10, 20, 12);
let sandbox: Sandbox;
let living: Workspace;
let rows: Workspace;

const many = <Row>(count: number, make: (id: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => make(1 + index));

beforeAll(async () => {
  const listed = rowsAccount({
    name: 'rows',
    webKey: 'CT_rows',
    accessToken: 'token-rows',
    rows: { clients: many(60, client), opportunities: many(40, opportunity) },
  });
  sandbox = await startSandbox({
    accounts: [
      livingAccount({
        name: 'living',
        webKey: 'CT_living',
        accessToken: 'token-living',
        seed: 7,
        clients: 60,
        now,
      }),
      listed,
    ],
    now,
  });
  living = await createWorkspace(sandbox, 'living', 'living', { pageSize: 25 });
  rows = await createWorkspace(sandbox, 'rows', 'rows', { pageSize: 10 });
  for (const workspace of [living, rows]) expect((await sync(workspace)).errorMessage).toBeNull();
  await change();
  for (const workspace of [living, rows]) expect((await sync(workspace)).errorMessage).toBeNull();
});
afterAll(() => sandbox.close());
beforeEach(() => sandbox.log.clear());

const sync = ({ tenant, connection }: Workspace) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });

/** The living account lives on for two days; the other one's rows come, go and change. */
async function change(): Promise<void> {
  sandbox.clock.shift(2 * 24 * 3_600_000);
  sandbox.clienttether.mutate('rows', {
    changes: [
      { op: 'delete', kind: 'clients', id: '3' },
      { op: 'delete', kind: 'opportunities', id: '5' },
      { op: 'update', kind: 'clients', id: '4', row: { clients_sales_cycle: 'Won' } },
      {
        op: 'update',
        kind: 'opportunities',
        id: '6',
        row: { contact_sales_cycle: 'Deal Structure' },
      },
      { op: 'update', kind: 'opportunities', id: '7', row: { deal_size: '1' } },
      { op: 'add', kind: 'clients', row: client(500) },
      { op: 'add', kind: 'notes', row: { contact_id: '4', content: 'Called' } },
    ],
  });
}

describe('a replay', () => {
  it('writes nothing where the rows are as the stored responses say, and requests nothing', async () => {
    const before = await writtenRows(db);
    for (const workspace of [living, rows]) {
      const report = await replay(workspace);
      expect(report).toMatchObject({ status: 'success', recordsUpdated: 0, errorMessage: null });
      expect(report.streams.reduce((sum, { fetched }) => sum + fetched, 0)).toBeGreaterThan(90);
    }
    expect(await writtenRows(db)).toEqual(before);
    expect(sandbox.log.entries()).toEqual([]);
  });

  it('brings emptied tables back as they were, with the history behind the rows', async () => {
    const before = await readContents(db);
    await emptyTables(db);
    const expected = { living: await dryRun(living), rows: await dryRun(rows) };
    sandbox.faults.arm({ kind: 'down' });
    const done = { living: await replay(living), rows: await replay(rows) };
    sandbox.faults.disarm();
    expect(await readContents(db)).toEqual(before);
    await expectExactRollups(db);
    await expectTruth(db, sandbox, 'rows', rows);
    await expectBalancedBooks(db);
    expect(sandbox.log.entries()).toEqual([]);
    for (const name of ['living', 'rows'] as const) {
      const figures = (streams: object[]) =>
        streams.map((each) => ({
          ...each,
          status: undefined,
          errorMessage: undefined,
          heldBack: undefined,
          damaged: undefined,
          reasons: undefined,
        }));
      expect(figures(done[name].streams)).toEqual(figures(expected[name].streams));
    }
    const again = await writtenRows(db);
    expect((await replay(living)).recordsUpdated + (await replay(rows)).recordsUpdated).toBe(0);
    expect(await writtenRows(db)).toEqual(again);
  });

  it('is followed by a sync that has nothing to do', async () => {
    expect((await sync(rows)).recordsUpdated).toBe(0);
  });

  it('lets other settings take effect on existing rows, which keep ids and times', async () => {
    const read = () =>
      db.query<{ id: string }>(
        `select id, first_seen_at, changed_at, stage_entered_at, snapshot_id
         from opportunities
         where tenant_id = $1 and deleted_at is null
         order by id`,
        [rows.tenant.id],
      );
    const before = await read();
    await updateSettings(rows.tenant.id, rows.connection.id, {
      ...(rows.connection.settings as object),
      stages: { 'FDD Sent': { likelyPct: 77 } },
    });
    const dry = await dryRun(rows);
    const report = await replay(rows);
    const changed = report.streams.find(({ stream }) => stream === 'opportunities');
    expect(changed).toMatchObject({ inserted: 0, changed: 39 - 1, unchanged: 1 });
    expect(dry.streams.map(({ changed: would }) => would)).toEqual(
      report.streams.map((each) => each.changed),
    );
    expect((await read()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const [likely] = await db.query(
      `select count(*)::int as n
       from opportunities
       where tenant_id = $1 and likely_pct = 77 and deleted_at is null`,
      [rows.tenant.id],
    );
    expect(likely).toEqual({ n: 38 });
    const times = (found: object[]) => found.map((each) => ({ ...each, snapshot_id: undefined }));
    expect(times(await read())).toEqual(times(before));
    await expectExactRollups(db);
    expect((await sync(rows)).recordsUpdated).toBe(0);
  });
});
