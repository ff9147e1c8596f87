import { describe, expect, it } from 'vitest';
import { syncSlice } from '#lib/ingest/sync-connection.ts';
import { listDueConnections } from '#lib/ingest/due.ts';
import { db, expectConverged, sandbox, sync, workspace } from './stage.ts';

describe('two runs of one connection', () => {
  it('do not overlap: the second one is a conflict', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 600, next: 1 });
    const [first, second] = await Promise.allSettled([sync(), sync()]);
    const outcomes = [first, second]
      .map((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value.status : (outcome.reason as Error).message,
      )
      .toSorted();
    expect(outcomes).toEqual([
      'A sync of this connection is already under way. Wait until it has ended.',
      'success',
    ]);
  });

  it('a run whose worker fell silent is taken over, and its worker writes no more', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 600 });
    const silent = sync().then(
      () => 'finished',
      (error: Error) => error.message,
    );
    await expect
      .poll(
        async () =>
          (
            await db.query(
              `select 1
               from sync_run_streams
               where tenant_id = $1 and stream = 'clients' and pages > 0`,
              [workspace.tenant.id],
            )
          ).length,
        { timeout: 20_000 },
      )
      .toBe(1);
    await loseWorker();
    sandbox.faults.disarm();
    expect((await sync()).status).toBe('success');
    expect(await silent).toBe('This run was taken over by another worker.');
    expect(await runs()).toEqual([{ status: 'success', lease: 2, losses: 1, error_kind: null }]);
    await expectConverged();
  });

  it('a claim outlasts the locks of a worker that stopped in a transaction', async () => {
    await db.query(`
      create sequence refusals;
      grant usage on sequence refusals to tributary_app;
      create function refuse_lock() returns trigger language plpgsql as $$ begin
        if nextval('refusals') <= 2 then
          raise exception 'canceling statement due to lock timeout'
            using errcode = 'lock_not_available';
        end if;
        return new;
      end $$;
      create trigger refuse_lock before insert on sync_runs
        for each row execute function refuse_lock()`);
    try {
      expect((await sync()).status).toBe('success');
      expect(await runs()).toEqual([{ status: 'success', lease: 1, losses: 0, error_kind: null }]);
    } finally {
      await db.query(`drop function refuse_lock cascade; drop sequence refusals`);
    }
  });

  it('a run that lost three workers has failed until a person retries it', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 300 });
    const taken: Promise<unknown>[] = [];
    for (let worker = 1; worker <= 3; worker += 1) {
      taken.push(sync().catch((error: Error) => error.message));
      await expect
        .poll(
          async () =>
            (
              await db.query(`select 1 from sync_runs where tenant_id = $1 and lease = $2`, [
                workspace.tenant.id,
                worker,
              ])
            ).length,
          { timeout: 20_000 },
        )
        .toBe(1);
      await loseWorker();
    }
    await expect(sync()).rejects.toThrow('given up because its worker stopped 3 times');
    sandbox.faults.disarm();
    expect(new Set(await Promise.all(taken))).toEqual(
      new Set(['This run was taken over by another worker.']),
    );
    expect(await runs()).toEqual([
      { status: 'failed', lease: 3, losses: 3, error_kind: 'worker_lost' },
    ]);
    expect(
      await db.query(`select job, subject, kind, attempts from dead_letters where tenant_id = $1`, [
        workspace.tenant.id,
      ]),
    ).toEqual([
      {
        job: 'sync-connection',
        subject: workspace.connection.id,
        kind: 'worker_lost',
        attempts: 3,
      },
    ]);
    await db.query(`update connections set due_at = null where tenant_id = $1`, [
      workspace.tenant.id,
    ]);
    expect(await listDueConnections(workspace.tenant.id, 1)).toEqual([]);
    expect((await sync()).status).toBe('success');
    await expectConverged();
  });

  it('is suspended after its slice and resumes where it was, as one run', async () => {
    // Slower than a page is stored: otherwise all pages may arrive together and be one batch.
    sandbox.faults.arm({ kind: 'latency', ms: 100 });
    const slices = [];
    for (let slice = 0; slice < 50; slice += 1) {
      const { report } = await syncSlice({
        tenantId: workspace.tenant.id,
        connectionId: workspace.connection.id,
        trigger: 'schedule',
        sliceMs: 0,
      });
      slices.push(report?.status ?? 'put down');
      if (report !== undefined) break;
    }
    expect(slices.length).toBeGreaterThan(1);
    expect(slices.at(-1)).toBe('success');
    expect(await runs()).toEqual([
      { status: 'success', lease: slices.length, losses: 0, error_kind: null },
    ]);
    expect(
      await db.query(
        `select pass_id
         from raw_snapshots
         where tenant_id = $1
         group by pass_id, page_no
         having count(*) > 1`,
        [workspace.tenant.id],
      ),
    ).toEqual([]);
    await expectConverged();
  });

  const loseWorker = () =>
    db.query(
      `update sync_runs
       set lease_until = now() - interval '1 second'
       where tenant_id = $1 and status = 'running'`,
      [workspace.tenant.id],
    );
  const runs = () =>
    db.query(
      `select status, lease, losses, error_kind
       from sync_runs
       where tenant_id = $1
       order by started_at`,
      [workspace.tenant.id],
    );
});
