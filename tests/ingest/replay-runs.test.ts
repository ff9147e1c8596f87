import { describe, expect, it } from 'vitest';
import { updateSettings } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { syncSlice } from '#lib/ingest/sync-connection.ts';
import { claimRun } from '#lib/ingest/claim-run.ts';
import { replaySlice } from '#lib/ingest/replay/run.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { readContents, dryRun, emptyTables, replay, writtenRows } from '../helpers/replay.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';
import { db, workspace, sync } from './replay-stage.ts';

allowForLoad();

const requestOf = () => ({
  tenantId: workspace.tenant.id,
  connectionId: workspace.connection.id,
  trigger: 'replay' as const,
});
const statuses = () =>
  db.query(
    `select trigger, status, error_kind from sync_runs order by started_at desc, id desc limit 2`,
  );

describe('a replay and other runs', () => {
  it('do not overlap, and do not go on with each other', async () => {
    await claimRun({ ...requestOf(), trigger: 'cli' });
    await expect(replay(workspace)).rejects.toThrow(
      'A sync of this connection is already under way',
    );
    await db.query(`update sync_runs set lease_until = null where status = 'running'`);
    expect((await replay(workspace)).status).not.toBe('failed');
    expect(await statuses()).toMatchObject([
      { trigger: 'replay' },
      { trigger: 'cli', status: 'failed', error_kind: 'interrupted' },
    ]);
    await claimRun(requestOf());
    await expect(syncSlice({ ...requestOf(), trigger: 'manual' })).rejects.toThrow(
      'A rebuild of this connection from stored data is already under way',
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
    const before = await readContents(db);
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
    expect(await readContents(db)).toEqual(before);
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
    const before = await readContents(db);
    await emptyTables(db);
    const killed = startProcess('cli/index.ts', db.url, { FAILPOINT: 'replay.batch:4' }, [
      'replay',
      '--tenant',
      'edges',
    ]);
    expect((await killed.exited).signal).toBe('SIGKILL');
    expect(await readContents(db)).not.toEqual(before);
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
    expect(await readContents(db)).toEqual(before);
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
