import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { livingAccount, rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { newId } from '#lib/platform/id.ts';
import { deleteUnreferencedBodies } from '#lib/ingest/snapshots/prune.ts';
import { packBody, storeSnapshots } from '#lib/ingest/snapshots/store.ts';
import { verifyBodies } from '#lib/ingest/snapshots/verify.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { pruneRaw } from '#lib/ingest/retention/prune.ts';
import { createTenant, updateTenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { readContents, emptyTables, replay, writtenRows } from '../../helpers/replay.ts';
import { client, opportunity } from '../../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
const day = 24 * 3_600_000;
/** Five times forty days before today. */
const now = Math.floor(Date.now() / day - 200) * day;
let sandbox: Sandbox;
let living: Workspace;
let rows: Workspace;

beforeAll(async () => {
  const listed = rowsAccount({
    name: 'rows',
    webKey: 'CT_rows',
    accessToken: 'token-rows',
    rows: {
      clients: Array.from({ length: 30 }, (_, index) => client(1 + index)),
      opportunities: Array.from({ length: 30 }, (_, index) => opportunity(1 + index)),
    },
  });
  sandbox = await startSandbox({
    accounts: [
      livingAccount({
        name: 'living',
        webKey: 'CT_living',
        accessToken: 'token-living',
        seed: 3,
        clients: 40,
        now,
      }),
      listed,
    ],
    now,
  });
  living = await createWorkspace(sandbox, 'living', 'living', { pageSize: 20 });
  rows = await createWorkspace(sandbox, 'rows', 'rows', { pageSize: 10 });
});
afterAll(() => sandbox.close());

const sync = ({ tenant, connection }: Workspace) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
const count = async (table: string) =>
  (await db.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n ?? 0;
const stage = (id: string, name: string) => ({
  op: 'update' as const,
  kind: 'opportunities' as const,
  id,
  row: { contact_sales_cycle: name },
});

/**
 * Ages all that is stored, and what rows say of it, by so many days: as if it had been read that
 * long ago.
 */
async function age(days: number): Promise<void> {
  const past = (column: string) => `${column} = ${column} - interval '${days} days'`;
  await db.query(`update raw_snapshots set ${past('received_at')}`);
  await db.query(`update sync_run_streams set ${past('proven_at')}`);
  for (const table of ['leads', 'opportunities', 'notes', 'scheduled_activities', 'stages'])
    await db.query(`update ${table} set ${past('first_seen_at')}, ${past('changed_at')}`);
  sandbox.clock.shift(days * day);
}

describe('raw retention', () => {
  it('deletes what is old and of use to no replay: rows and replays stay as they are', async () => {
    for (const step of [
      [],
      [stage('1', 'Prospecting'), stage('2', 'Deal Structure')],
      [stage('1', 'FDD Sent'), { op: 'delete' as const, kind: 'clients' as const, id: '7' }],
      [
        { op: 'update' as const, kind: 'opportunities' as const, id: '1', row: { deal_size: '7' } },
        { op: 'add' as const, kind: 'notes' as const, row: { contact_id: '3', content: 'Called' } },
      ],
      [],
    ]) {
      sandbox.clienttether.mutate('rows', { changes: step });
      for (const workspace of [living, rows])
        expect((await sync(workspace)).errorMessage).toBeNull();
      await age(40);
    }
    const before = {
      snapshots: await count('raw_snapshots'),
      bodies: await count('raw_bodies'),
      contents: await readContents(db),
      written: await writtenRows(db),
    };
    for (const { tenant } of [living, rows])
      expect((await pruneRaw(tenant.id)).isComplete).toBe(true);
    expect(await count('raw_snapshots')).toBeLessThan(before.snapshots);
    expect(await count('raw_bodies')).toBeLessThan(before.bodies);
    for (const workspace of [living, rows])
      expect((await replay(workspace)).recordsUpdated).toBe(0);
    expect(await writtenRows(db)).toEqual(before.written);
    await emptyTables(db);
    for (const workspace of [living, rows]) await replay(workspace);
    expect(await readContents(db)).toEqual(before.contents);
  });

  it('keeps what is younger than the workspace says, and what no pass has confirmed', async () => {
    const [{ n: old } = { n: 0 }] = await db.query<{ n: number }>(
      `select count(*)::int as n from raw_snapshots where tenant_id = $1`,
      [rows.tenant.id],
    );
    await sync(rows);
    await updateTenant(rows.tenant.id, { rawRetentionDays: 1000 });
    expect((await pruneRaw(rows.tenant.id)).snapshots).toBe(0);
    await updateTenant(rows.tenant.id, { rawRetentionDays: 1 });
    await db.query(`update sync_run_streams set proven_at = null where tenant_id = $1`, [
      rows.tenant.id,
    ]);
    expect((await pruneRaw(rows.tenant.id)).snapshots).toBe(0);
    expect(old).toBeGreaterThan(0);
    await expect(updateTenant(rows.tenant.id, { rawRetentionDays: 0 })).rejects.toThrow(
      'at least 1',
    );
    await expect(updateTenant(rows.tenant.id, { deletionShare: 2 })).rejects.toThrow('from 0 to 1');
  });
});

describe('bodies that nothing names', () => {
  const client1 = new pg.Client({ connectionString: db.url });
  beforeAll(() => client1.connect());
  afterAll(() => client1.end());

  async function store(
    body: string,
    inside: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const { tenant, connection } = rows;
    const packed = await packBody(body);
    const meta = {
      id: newId(),
      tenantId: tenant.id,
      connectionId: connection.id,
      runId: newId(),
      stream: 'clients',
      passId: newId(),
      pageNo: 0,
      partition: null,
      externalIds: [],
      deletedIds: [],
    };
    const answer = { status: 200, contentType: 'application/json', body, receivedAt: new Date() };
    await withTenant(tenant.id, async (tx) => {
      await storeSnapshots(tx, [{ meta, answer: answer as never, body: packed }]);
      await inside();
    });
  }
  const isStored = async (body: string) =>
    (await db.query(`select 1 from raw_bodies where sha256 = $1`, [(await packBody(body)).sha256]))
      .length === 1;
  const unname = async (body: string) =>
    db.query(`delete from raw_snapshots where sha256 = $1`, [(await packBody(body)).sha256]);
  const prune = () => deleteUnreferencedBodies(rows.tenant.id, () => false);

  it('go, of this workspace only', async () => {
    const other = await createTenant({ slug: 'other', name: 'Other' });
    await store('one');
    expect(await prune()).toBe(0);
    await unname('one');
    expect(await deleteUnreferencedBodies(other.id, () => false)).toBe(0);
    expect(await prune()).toBe(1);
    expect(await isStored('one')).toBe(false);
  });

  it('stay when a page that is being stored names them', async () => {
    await store('two');
    await unname('two');
    await store('two', async () => expect(await prune()).toBe(0));
    expect(await isStored('two')).toBe(true);
    expect(await prune()).toBe(0);
  });

  it('are stored anew by a page that comes while they are being deleted', async () => {
    await store('three');
    await unname('three');
    await client1.query('begin');
    await client1.query(`delete from raw_bodies where sha256 = $1`, [
      (await packBody('three')).sha256,
    ]);
    const storing = store('three');
    await expect
      .poll(
        async () =>
          (
            await db.query(
              `select 1
               from pg_stat_activity
               where wait_event_type = 'Lock' and datname = current_database()`,
            )
          ).length,
      )
      .toBe(1);
    await client1.query('commit');
    await storing;
    expect(await isStored('three')).toBe(true);
    expect(await prune()).toBe(0);
  });

  it('meet pages that store the same body again and again, and none is refused', async () => {
    let isOver = false;
    const pruning = (async () => {
      while (!isOver) await prune();
    })();
    for (let round = 0; round < 60; round += 1) {
      await Promise.all([store('four'), store('four')]);
      await unname('four');
    }
    isOver = true;
    await pruning;
    await store('four');
    expect(await isStored('four')).toBe(true);
  });

  it('are all compared with their digests on demand', async () => {
    const sound = await verifyBodies(rows.tenant.id);
    expect(sound).toMatchObject({
      bodies: await count(`raw_bodies where tenant_id = '${rows.tenant.id}'`),
      damagedBodies: 0,
      damaged: [],
    });
    const { sha256 } = await packBody('four');
    await db.query(
      `update raw_bodies set compressed = substr(compressed, 1, 5) where sha256 = $1`,
      [sha256],
    );
    const found = await verifyBodies(rows.tenant.id);
    expect(found.damagedBodies).toBe(1);
    expect(found.damaged.map((each) => each.sha256)).toEqual([sha256.toString('hex')]);
  });
});
