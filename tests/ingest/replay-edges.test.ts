import { describe, expect, it } from 'vitest';
import { readContents, dryRun, emptyTables, replay, writtenRows } from '../helpers/replay.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import { db, sandbox, workspace, sync } from './replay-stage.ts';

const live = async (table: string) =>
  (
    await db.query<{ n: number }>(
      `select count(*)::int as n from ${table} where deleted_at is null`,
    )
  )[0]?.n;
const update = (kind: 'clients' | 'opportunities', id: string, row: Record<string, unknown>) =>
  sandbox.clienttether.mutate('edges', { changes: [{ op: 'update', kind, id, row }] });

describe('what could not be read', () => {
  it('stays rejected without another count, and its row as it was last readable', async () => {
    sandbox.clienttether.poison('edges', { kind: 'clients', poison: 'nul', count: 2 });
    sandbox.clienttether.poison('edges', { kind: 'opportunities', poison: 'missing_id', count: 1 });
    expect((await sync()).status).toBe('partial');
    const before = { contents: await readContents(db), written: await writtenRows(db) };
    const report = await replay(workspace);
    expect(report.recordsUpdated).toBe(0);
    expect(report.streams.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(3);
    expect(await writtenRows(db)).toEqual(before.written);
    await emptyTables(db);
    await replay(workspace);
    expect(await readContents(db)).toEqual(before.contents);
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
    expect(report.errorMessage).toContain('1 stored response is damaged');
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
    expect((await sync()).errorMessage).toContain('an admin has to confirm the deletions');
    const before = await readContents(db);
    expect((await replay(workspace)).recordsUpdated).toBe(0);
    await emptyTables(db);
    await replay(workspace);
    expect((await readContents(db))['leads']).toEqual(before['leads']);
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
