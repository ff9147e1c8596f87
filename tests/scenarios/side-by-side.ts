import { expect } from 'vitest';
import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { until } from '../helpers/processes.ts';
import { expectWholeAgain } from './ending.ts';
import { Fleet, makeDue, settle } from './fleet.ts';
import { installWitness, countProgress } from './witness.ts';

const tenants = ['one', 'two', 'three', 'four', 'five'];

/**
 * Several workers on one database, whose runs go from hand to hand. In the end one of them is
 * killed for good, and nobody starts it again, nor does the clock tick: the others find out by
 * themselves and finish what it had begun.
 */
export async function workSideBySide(
  db: TestDatabase,
  { workers, records }: { workers: number; records: number },
): Promise<Figures> {
  const sandbox = await startSandbox({
    accounts: tenants.map((name) =>
      bulkAccount({
        name,
        webKey: `CT_${name}`,
        accessToken: `token-${name}`,
        seed: name,
        clients: 40,
        notesPerClient: 2,
        opportunities: records / tenants.length - 120,
        activities: 0,
        now: Date.now(),
      }),
    ),
  });
  sandbox.faults.arm({ kind: 'latency', ms: 15 });
  await installWitness(db);
  const workspaces = await settle(sandbox, tenants, { pageSize: 50 });
  // Nothing is due before all workers stand, and none can take more than its part: a sync is over in
  // a few seconds.
  await db.query(`update connections set due_at = now() + interval '1 hour'`);
  const fleet = new Fleet(db, {
    SYNC_CONCURRENCY: workers < tenants.length / 2 ? '2' : '1',
    SYNC_SLICE_SECONDS: '1',
    SYNC_LEASE_SECONDS: '10',
  });
  try {
    const [victim] = await Promise.all(Array.from({ length: workers }, () => fleet.start()));
    await makeDue(db);
    await until(
      'all are synced',
      async () =>
        (await db.query(`select 1 from sync_runs where status = 'success'`)).length >=
        tenants.length,
      240_000,
    );
    expect(
      await db.query(
        `select status, losses from sync_runs where status <> 'success' or losses > 0`,
      ),
    ).toEqual([]);
    const parts = await db.query<{ pages: number }>(
      `select count(*)::int as pages from witness.writes where what = 'page' group by who`,
    );
    expect(parts.length).toBe(workers);
    await makeDue(db);
    const lastsMs = victim === undefined ? 0 : await outlive(db, fleet, victim);
    const { takeovers, ...whole } = await expectWholeAgain(db, sandbox, workspaces);
    return {
      workers,
      tenants: tenants.length,
      ...whole,
      'runs that changed hands': takeovers,
      'smallest part (pages)': Math.min(...parts.map(({ pages }) => pages)),
      'run of a dead worker goes on after (s)': (lastsMs / 1000).toFixed(1),
    };
  } finally {
    await fleet.end();
    await sandbox.close(0);
  }
}

/**
 * Kills the worker when it holds a run, and waits until another one has stored a page of that run
 * or it has ended. Returns how long that took, in ms.
 */
async function outlive(
  db: TestDatabase,
  fleet: Fleet,
  victim: Awaited<ReturnType<Fleet['start']>>,
): Promise<number> {
  const [name = ''] = fleet.listNames(victim);
  const held = () =>
    db.query<{ run: string }>(
      `select r.id as run
       from sync_runs r
       join lateral (select who from witness.writes where what = 'lease' and run = r.id
         order by no desc limit 1) w on true
       where r.status = 'running' and r.lease_until > now() and who = $1`,
      [name],
    );
  await until('the victim holds a run', async () => {
    if ((await db.query(`select 1 from sync_runs where status = 'running'`)).length === 0)
      await makeDue(db);
    return (await held()).length > 0;
  });
  await fleet.kill(victim);
  const orphans = await held();
  const from = performance.now();
  const { pages } = await countProgress(db);
  await until('its runs go on in other hands', async () => {
    const left = await db.query(
      `select 1
       from unnest($1::uuid[]) as orphan (run)
       where not exists (select from witness.writes w
         where w.run = orphan.run and w.who <> $2 and w.what = 'lease')
      and exists (select from sync_runs r where r.id = orphan.run and r.status = 'running')`,
      [orphans.map(({ run }) => run), name],
    );
    return left.length === 0 && (orphans.length === 0 || (await countProgress(db)).pages > pages);
  });
  return performance.now() - from;
}
