import { describe, expect, it } from 'vitest';
import type { FaultInput } from '../../sandbox/index.ts';
import { listHeldDeletions } from '#lib/views/held-deletions.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import { db, expectConverged, rows, sandbox, sync, workspace } from './stage.ts';

describe('a source that misbehaves for a while', () => {
  const passing: [string, FaultInput][] = [
    ['answers 500', { kind: 'status', status: 500, after: 3, next: 2 }],
    ['answers 503', { kind: 'status', status: 503, after: 2, next: 3 }],
    ['answers 429 with Retry-After', { kind: 'rate_limited', retryAfter: '0', after: 3, next: 2 }],
    ['answers 429 without', { kind: 'rate_limited', after: 3, next: 2 }],
    ['answers HTML with 200', { kind: 'html_200', after: 3, next: 2 }],
    ['cuts bodies', { kind: 'cut', after: 3, next: 2 }],
    ['cuts chunked bodies', { kind: 'cut', framing: 'chunked', after: 3, next: 2 }],
    ['refuses connections', { kind: 'down', after: 3, next: 2 }],
  ];
  it.each(passing)('%s: the run succeeds all the same', async (_what, fault) => {
    sandbox.faults.arm(fault);
    expect(await sync()).toMatchObject({ status: 'success', errorMessage: null });
    await expectConverged();
  });

  it('fails one request in five at random: repeated syncs converge', async () => {
    sandbox.faults.arm({ kind: 'status', status: 502, probability: 0.2, seed: 'one in five' });
    sandbox.faults.arm({ kind: 'cut', probability: 0.1, seed: 'cuts' });
    for (let run = 0; run < 5; run += 1) await sync();
    sandbox.faults.disarm();
    expect((await sync()).status).toBe('success');
    await expectConverged();
  });
});

describe('a source that stays broken', () => {
  it('is down: the run fails, says why, keeps everything, and the next one succeeds', async () => {
    await sync();
    sandbox.faults.arm({ kind: 'down' });
    const report = await sync();
    expect(report.status).toBe('failed');
    expect(report.errorMessage).toBeTruthy();
    await expectConverged();
    sandbox.faults.disarm();
    expect((await sync()).status).toBe('success');
  });

  it('goes on after the last stored page', async () => {
    sandbox.faults.arm({ kind: 'status', status: 500, endpoint: 'GET read_client_list', after: 2 });
    const failed = await sync();
    const clients = failed.streams.find(({ stream }) => stream === 'clients');
    expect(clients).toMatchObject({ status: 'failed', pages: 2 });
    const [{ cursor } = { cursor: null }] = await db.query<{ cursor: { offset: number } | null }>(
      `select cursor from stream_states where stream = 'clients' and tenant_id = $1`,
      [workspace.tenant.id],
    );
    expect(cursor?.offset).toBeGreaterThan(40);
    sandbox.faults.disarm();
    const resumed = await sync();
    expect(resumed.streams.find(({ stream }) => stream === 'clients')?.fetched).toBeLessThan(120);
    await expectConverged();
  });

  it.each([
    ['refuses the token', 401],
    ['refuses the account', 403],
  ])(
    '%s: a person has to reconnect, and the connection says so until it works again',
    async (_what, status) => {
      sandbox.faults.arm({ kind: 'status', status });
      const report = await sync();
      expect(report.status).toBe('failed');
      const health = async () =>
        (
          await db.query(
            `select status, status_reason is not null as explained
             from connections
             where tenant_id = $1`,
            [workspace.tenant.id],
          )
        )[0];
      expect(await health()).toEqual({ status: 'needs_reconnect', explained: true });
      sandbox.faults.disarm();
      await sync();
      expect(await health()).toEqual({ status: 'active', explained: false });
    },
  );

  it.each<[string, FaultInput]>([
    ['repeats a page for ever', { kind: 'endless_pages', endpoint: 'GET read_client_list' }],
    [
      'redirects elsewhere',
      { kind: 'redirect', location: 'http://127.0.0.1:9/', endpoint: 'GET read_client_list' },
    ],
    ['sends a gzip bomb', { kind: 'gzip_bomb', megabytes: 40, endpoint: 'GET read_client_list' }],
  ])(
    '%s: that stream fails, the others come through, and nothing is deleted',
    async (_what, fault) => {
      await sync();
      sandbox.faults.arm(fault);
      const report = await sync();
      expect(report.status).toBe('partial');
      expect(
        report.streams.filter(({ status }) => status === 'failed').map(({ stream }) => stream),
      ).toEqual(['clients', 'notes']);
      sandbox.faults.disarm();
      await expectConverged();
    },
  );

  it('makes nothing fresher when it fails', async () => {
    await sync();
    const fresh = async () =>
      (
        await db.query<{ at: Date }>(
          `select min(fresh_at) as at from stream_states where tenant_id = $1`,
          [workspace.tenant.id],
        )
      )[0]?.at;
    const before = await fresh();
    sandbox.faults.arm({ kind: 'down' });
    await sync();
    expect(await fresh()).toEqual(before);
  });
});

describe('records that cannot be kept', () => {
  it.each([
    ['nul', 'rejected'],
    ['lone_surrogate', 'rejected'],
    ['missing_id', 'rejected'],
    ['bad_date', 'kept'],
    ['huge_text', 'kept'],
    ['infinite_number', 'kept'],
    ['overflow_number', 'kept'],
  ] as const)(
    'poison "%s" among good ones: only that record is %s, and what it lacks is unknown',
    async (poison, fate) => {
      sandbox.clienttether.poison('rows', { kind: 'clients', poison, count: 1 });
      const report = await sync();
      const errors = await db.query<{ reason: string }>(
        `select reason from record_errors where tenant_id = $1 and resolved_at is null`,
        [workspace.tenant.id],
      );
      const [{ live } = { live: 0 }] = await db.query<{ live: number }>(
        `select count(*)::int as live from leads where tenant_id = $1 and deleted_at is null`,
        [workspace.tenant.id],
      );
      const isKept = fate === 'kept';
      expect(live).toBe(isKept ? 121 : 120);
      expect(report.status).toBe(isKept ? 'success' : 'partial');
      expect(errors).toEqual(
        isKept ? [] : [{ reason: expect.stringMatching(/^[A-Z].*\.$/) as string }],
      );
      await expectExactRollups(db);
    },
  );

  it('leave the list when the source mends them', async () => {
    const { ids } = sandbox.clienttether.poison('rows', {
      kind: 'clients',
      poison: 'nul',
      count: 1,
    }) as { ids: string[] };
    expect((await sync()).status).toBe('partial');
    sandbox.clienttether.mutate('rows', {
      changes: [{ op: 'update', kind: 'clients', id: ids[0] ?? '', row: { whiteboard: 'mended' } }],
    });
    expect((await sync()).status).toBe('success');
    const [errors] = await db.query(
      `select count(*)::int as open
       from record_errors
       where tenant_id = $1 and resolved_at is null`,
      [workspace.tenant.id],
    );
    expect(errors).toEqual({ open: 0 });
    await expectConverged();
  });

  it('leave the list when the source deletes them', async () => {
    const { ids } = sandbox.clienttether.poison('rows', {
      kind: 'clients',
      poison: 'nul',
      count: 1,
    }) as { ids: string[] };
    expect((await sync()).status).toBe('partial');
    sandbox.clienttether.mutate('rows', {
      changes: [{ op: 'delete', kind: 'clients', id: ids[0] ?? '' }],
    });
    expect((await sync()).status).toBe('success');
    expect(
      await db.query(`select resolution from record_errors where tenant_id = $1`, [
        workspace.tenant.id,
      ]),
    ).toEqual([{ resolution: 'gone' }]);
    await expectConverged();
  });

  it('keep ids beyond 2^53 exact', async () => {
    sandbox.clienttether.poison('rows', { kind: 'clients', poison: 'bigint_id', count: 1 });
    await sync();
    const found = await db.query(
      `select 1 from leads where tenant_id = $1 and external_id = '9007199254740993'`,
      [workspace.tenant.id],
    );
    expect(found).toHaveLength(1);
  });
});

describe('deletions', () => {
  const remove = (count: number) =>
    sandbox.clienttether.mutate('rows', {
      changes: rows.clients
        .slice(0, count)
        .map((row) => ({ op: 'delete' as const, kind: 'clients' as const, id: row.client_id })),
    });

  it('follow the source softly, with the notes of what is gone', async () => {
    await sync();
    remove(20);
    expect((await sync()).status).toBe('success');
    await expectConverged();
    const [kept] = await db.query(
      `select count(*)::int as rows from leads where tenant_id = $1 and deleted_at is not null`,
      [workspace.tenant.id],
    );
    expect(kept).toEqual({ rows: 20 });
  });

  it('wait for a person when they are suspiciously many', async () => {
    await sync();
    remove(40);
    const held = await sync();
    expect(held.status).toBe('partial');
    expect(held.errorMessage).toContain('40 records were missing');
    const [live] = await db.query(
      `select count(*)::int as rows from leads where tenant_id = $1 and deleted_at is null`,
      [workspace.tenant.id],
    );
    expect(live).toEqual({ rows: 120 });
    expect(await listHeldDeletions(workspace.tenant.id)).toMatchObject([
      { connectionId: workspace.connection.id, stream: 'Clients', count: 40 },
    ]);
    expect((await sync({ acceptDeletions: true })).status).toBe('success');
    expect(await listHeldDeletions(workspace.tenant.id)).toEqual([]);
    await expectConverged();
  });

  it('are carried out by the sync under way when a person confirms them meanwhile', async () => {
    await sync();
    remove(40);
    sandbox.faults.arm({ kind: 'latency', ms: 400 });
    const running = sync();
    await expect
      .poll(
        async () =>
          (
            await db.query(
              `select 1
               from sync_run_streams s
               join sync_runs r on r.tenant_id = s.tenant_id and r.id = s.run_id
               where r.tenant_id = $1 and r.status = 'running'`,
              [workspace.tenant.id],
            )
          ).length,
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
    await expect(sync({ acceptDeletions: true })).rejects.toThrow('already under way');
    sandbox.faults.disarm();
    expect((await running).errorMessage).toBeNull();
    await expectConverged();
  });

  it('are undone when the source brings a row back', async () => {
    await sync();
    remove(1);
    await sync();
    sandbox.clienttether.mutate('rows', {
      changes: [{ op: 'add', kind: 'clients', row: rows.clients[0] ?? {} }],
    });
    await sync();
    await expectConverged();
  });
});
