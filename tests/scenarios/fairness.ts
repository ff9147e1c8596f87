import { expect } from 'vitest';
import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { until } from '../helpers/processes.ts';
import { expectWholeAgain } from './ending.ts';
import { Fleet, makeDue, settle } from './fleet.ts';
import { installWitness } from './witness.ts';

/**
 * One worker that does one thing at a time has begun with a giant tenant when a small one falls
 * due: the small one need not wait for the giant's end.
 */
export async function letSmallPass(
  db: TestDatabase,
  { giant }: { giant: number },
): Promise<Figures> {
  const accounts = [
    { name: 'giant', opportunities: giant },
    { name: 'small', opportunities: 100 },
  ].map(({ name, opportunities }) =>
    bulkAccount({
      name,
      webKey: `CT_${name}`,
      accessToken: `token-${name}`,
      clients: 10,
      notesPerClient: 1,
      opportunities,
      activities: 0,
      now: Date.now(),
    }),
  );
  const sandbox = await startSandbox({ accounts });
  sandbox.faults.arm({ kind: 'latency', ms: 40, account: 'giant' });
  await installWitness(db);
  const workspaces = await settle(sandbox, ['giant', 'small']);
  const [big, small] = workspaces.map(({ tenant }) => tenant.id);
  await db.query(`update connections set due_at = now() + interval '1 hour' where tenant_id = $1`, [
    small,
  ]);
  const fleet = new Fleet(db, { SYNC_CONCURRENCY: '1', SYNC_SLICE_SECONDS: '1' });
  try {
    await fleet.start();
    await until(
      'the giant is under way',
      async () =>
        (await db.query(`select 1 from raw_snapshots where tenant_id = $1 and page_no > 3`, [big]))
          .length > 0,
    );
    await makeDue(db);
    await until(
      'the small one is done',
      async () =>
        (
          await db.query(`select 1 from sync_runs where tenant_id = $1 and status = 'success'`, [
            small,
          ])
        ).length > 0,
    );
    const [giantRun] = await db.query<{ status: string; pages: number }>(
      `select r.status, (select sum(pages)::int from sync_run_streams s
         where s.run_id = r.id) as pages
       from sync_runs r
       where tenant_id = $1
       order by started_at
       limit 1`,
      [big],
    );
    expect(giantRun?.status).toBe('running');
    sandbox.faults.disarm();
    const whole = await expectWholeAgain(db, sandbox, workspaces);
    return {
      'records of the giant': giant,
      'its pages when the small one was done': giantRun?.pages ?? 0,
      ...whole,
    };
  } finally {
    await fleet.end();
    await sandbox.close(0);
  }
}
