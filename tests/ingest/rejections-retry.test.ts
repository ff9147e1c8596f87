import { describe, expect, it } from 'vitest';
import { updateSettings } from '#lib/connections/connections.ts';
import { correctRecord, readRecordForEditing } from '#lib/ingest/rejections/correct.ts';
import { discardRecord } from '#lib/ingest/rejections/discard.ts';
import { retryGroup, retryRecord, retrySlice } from '#lib/ingest/rejections/retry.ts';
import { useDatabase } from '../helpers/database.ts';
import { mend, SetAsideBench } from '../helpers/rejections.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import { createWorkspace } from '../helpers/workspace.ts';

const db = useDatabase();
const bench = new SetAsideBench(db);

describe('a retry', () => {
  it('reads the stored response with the settings of today, without a request', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    const { id: errorId } = await bench.error();
    expect(await retryRecord(bench.actor, errorId)).toBe(false);
    expect(await bench.error()).toMatchObject({ attempts: 2, resolution: null });
    // What an adapter that reads such text would find.
    await db.query(
      `update record_errors set correction = '{"whiteboard":"mended"}' where id = $1`,
      [errorId],
    );
    bench.sandbox.faults.arm({ kind: 'down' });
    expect(await retryRecord(bench.actor, errorId)).toBe(true);
    expect(await bench.readLead(id)).toBeDefined();
    expect(await bench.error()).toMatchObject({
      resolution: 'corrected',
      resolved_by: bench.actor.userId,
    });
    await expectExactRollups(db);
  });

  it('leaves alone what a later response has brought', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    const before = await bench.error();
    bench.change(id, { whiteboard: 'mended', city: 'Newer' });
    await bench.sync();
    await db.query(
      `update record_errors
       set resolved_at = null, resolution = null,
         correction = '{"whiteboard":"mended","city":"Older"}'
       where id = $1`,
      [before.id],
    );
    expect(await retryRecord(bench.actor, before.id)).toBe(true);
    expect(await bench.readLead(id)).toMatchObject({ raw: { city: 'Newer' } });
  });

  it('says so when the response is damaged or gone', async () => {
    bench.poison('nul');
    await bench.sync();
    const { id: errorId } = await bench.error();
    await db.query(`update raw_bodies set compressed = '\\x00' where tenant_id = $1`, [
      bench.workspace.tenant.id,
    ]);
    await expect(retryRecord(bench.actor, errorId)).rejects.toThrow(
      'is no longer stored, or cannot be read',
    );
    expect(await readRecordForEditing(bench.actor, errorId)).toMatchObject({ text: null });
    await db.query(`delete from raw_snapshots where tenant_id = $1`, [bench.workspace.tenant.id]);
    await expect(retryRecord(bench.actor, errorId)).rejects.toThrow('is no longer stored');
    expect(await bench.error()).toMatchObject({ attempts: 1, resolution: null });
  });

  it('of a kind does few at once, and many in slices that go on where they stopped', async () => {
    bench.poison('nul', 30);
    bench.poison('missing_id');
    await bench.sync();
    const group = {
      connectionId: bench.workspace.connection.id,
      stream: 'clients',
      kind: 'characters',
    };
    expect(await retryGroup(bench.actor, group)).toEqual({
      accepted: 0,
      rejected: 30,
      unreadable: 0,
    });
    await db.query(
      `update record_errors
       set correction = '{"whiteboard":"mended"}'
       where tenant_id = $1 and kind = 'characters'`,
      [bench.workspace.tenant.id],
    );
    expect(await retryGroup(bench.actor, group)).toEqual({
      accepted: 30,
      rejected: 0,
      unreadable: 0,
    });
    await expect(retryGroup(bench.actor, group)).rejects.toThrow('no failed records of this kind');
    expect(
      (await bench.errors())
        .filter(({ resolution }) => resolution === null)
        .map(({ kind }) => kind),
    ).toEqual(['no_id']);
    await expectExactRollups(db);
  });

  it('of hundreds is a job; a second one of the same is a conflict', async () => {
    bench.poison('nul', 450);
    await bench.sync();
    const group = {
      connectionId: bench.workspace.connection.id,
      stream: 'clients',
      kind: 'characters',
    };
    expect(await retryGroup(bench.actor, group)).toBeUndefined();
    await expect(retryGroup(bench.actor, group)).rejects.toThrow(
      'A retry of these records is already under way',
    );
    await db.query(
      `update record_errors set correction = '{"whiteboard":"mended"}' where tenant_id = $1`,
      [bench.workspace.tenant.id],
    );
    const open = async () =>
      (await bench.errors()).filter(({ resolution }) => resolution === null).length;
    const payload = {
      tenantId: bench.workspace.tenant.id,
      ...group,
      after: null,
      requestedBy: bench.actor.userId,
    };
    const after = await retrySlice(payload, () => true);
    expect(await open()).toBe(250);
    expect(await retrySlice({ ...payload, after }, () => false)).toBeNull();
    expect(await open()).toBe(0);
    await expectExactRollups(db);
  });

  it('and a sync take turns: whatever happens first, the counters and the rows agree', async () => {
    bench.poison('nul', 20);
    await bench.sync();
    await db.query(
      `update record_errors set correction = '{"whiteboard":"mended"}' where tenant_id = $1`,
      [bench.workspace.tenant.id],
    );
    const ids = (await bench.errors()).map(({ id }) => id);
    const [report] = await Promise.all([
      bench.sync(),
      ...ids.map((id) => retryRecord(bench.actor, id).catch(() => false)),
    ]);
    expect(report.status).toBe('success');
    expect((await bench.errors()).filter(({ resolution }) => resolution === null)).toEqual([]);
    const [live] = await db.query(
      `select count(*)::int as live from leads where tenant_id = $1 and deleted_at is null`,
      [bench.workspace.tenant.id],
    );
    expect(live).toEqual({ live: 60 });
    await expectExactRollups(db);
  });

  it('follows what people changed in the settings', async () => {
    const [id = ''] = bench.poison('nul');
    await bench.sync();
    await updateSettings(bench.workspace.tenant.id, bench.workspace.connection.id, {
      ...(bench.workspace.connection.settings as object),
      sourceAliases: { website: 'Our site' },
    });
    const { id: errorId } = await bench.error();
    await correctRecord(
      bench.actor,
      errorId,
      await bench.edited(errorId, (shown) =>
        mend(shown).replace(/"clients_lead_source": "[^"]*"/, '"clients_lead_source": "Website"'),
      ),
    );
    expect(
      (
        await db.query(`select source from leads where tenant_id = $1 and external_id = $2`, [
          bench.workspace.tenant.id,
          id,
        ])
      )[0],
    ).toEqual({ source: 'Our site' });
  });
});

describe('two people at once', () => {
  it('are told apart: one decision counts, the other person is told whose', async () => {
    bench.poison('nul');
    await bench.sync();
    const { id } = await bench.error();
    const outcomes = await Promise.allSettled([
      discardRecord(bench.actor, id, 'One reason'),
      discardRecord(bench.actor, id, 'Another reason'),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('was discarded by Ana Diaz in the meantime') as string,
    });
    await expect(retryRecord(bench.actor, id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(readRecordForEditing(bench.actor, id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('of different workspaces never meet: a foreign record is an absent one', async () => {
    bench.poison('nul');
    await bench.sync();
    const { id } = await bench.error();
    const other = await createWorkspace(bench.sandbox, 'rows', `other-${bench.number}`);
    const foreigner = { tenantId: other.tenant.id, userId: null };
    const attempts = [
      () => retryRecord(foreigner, id),
      () => discardRecord(foreigner, id, 'Mine'),
      () => readRecordForEditing(foreigner, id),
      () => correctRecord(foreigner, id, { text: '{}', digest: '' }),
      () => retryRecord(bench.actor, 'no-id'),
    ];
    for (const attempt of attempts)
      await expect(attempt()).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      retryGroup(foreigner, {
        connectionId: bench.workspace.connection.id,
        stream: 'clients',
        kind: 'characters',
      }),
    ).rejects.toMatchObject({ code: 'conflict' });
    expect(await bench.error()).toMatchObject({ attempts: 1, resolution: null });
  });
});
