import { expect } from 'vitest';
import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import { until } from '../helpers/processes.ts';
import { expectWholeAgain } from './ending.ts';
import { Fleet, keepBusy, settle } from './fleet.ts';
import { installWitness } from './witness.ts';

interface Holder {
  [column: string]: unknown;
  who: string;
  run: string;
  no: number;
}

/**
 * The worker that holds a run is stopped for longer than its lease (SIGSTOP), the other one takes
 * the run over, and then the first goes on in the middle of what it was doing. Long slices: the
 * first must still believe that the run is its own. A quick source means that some are stopped in
 * the middle of a transaction, whose locks the database takes away after half a minute.
 */
export async function pauseWorkers(
  db: TestDatabase,
  { pauses, latencyMs }: { pauses: number; latencyMs: number },
): Promise<Figures> {
  const random = chances('pauses');
  const sandbox = await startSandbox({
    accounts: [
      bulkAccount({
        name: 'only',
        webKey: 'CT_only',
        accessToken: 'token-only',
        clients: 60,
        notesPerClient: 1,
        opportunities: 1_500,
        now: Date.now(),
      }),
    ],
  });
  sandbox.faults.arm({ kind: 'latency', ms: latencyMs });
  await installWitness(db);
  const workspaces = await settle(sandbox, ['only'], { pageSize: 15 });
  const fleet = new Fleet(db, { SYNC_LEASE_SECONDS: '2', SYNC_TENANT_CONCURRENCY: '64' });
  const workers = [await fleet.start(), await fleet.start()];
  let setAside = 0;
  let refused = 0;
  try {
    for (let pause = 0; pause < pauses;) {
      const wanted = (await countPages(db)) + random.int(3, 8);
      await until(
        `page ${wanted} is stored`,
        async () => {
          setAside += await keepBusy(db);
          return (await countPages(db)) >= wanted && (await findHolder(db)) !== undefined;
        },
        120_000,
      );
      const told = await pauseHolder(db, fleet);
      if (told === undefined) continue;
      pause += 1;
      refused += told;
    }
    sandbox.faults.disarm();
    const { takeovers, ...whole } = await expectWholeAgain(db, sandbox, workspaces);
    expect(takeovers).toBeGreaterThanOrEqual(pauses);
    expect(refused).toBeGreaterThan(0);
    for (const { child } of workers) expect(child.exitCode).toBeNull();
    return {
      pauses,
      'runs taken over': takeovers,
      'old workers turned away': refused,
      ...whole,
      'failed runs retried': setAside,
    };
  } finally {
    for (const { child } of workers) child.kill('SIGCONT');
    await fleet.end();
    await sandbox.close(0);
  }
}

/**
 * Stops whoever has the run until another one has it. Returns how often the first was turned away
 * then; undefined when it had just ended the run, or the run had failed.
 */
async function pauseHolder(db: TestDatabase, fleet: Fleet): Promise<number | undefined> {
  const holder = await findHolder(db);
  if (holder === undefined) return undefined;
  const { child, output } = fleet.find(holder.who);
  child.kill('SIGSTOP');
  const taken = await losesItsRun(db, holder);
  const told = { refusals: countRefusals(output()), ends: countEnds(output()) };
  child.kill('SIGCONT');
  if (!taken) return undefined;
  await until(
    'the first one noticed',
    () => countRefusals(output()) > told.refusals || countEnds(output()) > told.ends,
  );
  return countRefusals(output()) - told.refusals;
}

const countPages = async (db: TestDatabase) =>
  (
    await db.query<{ pages: number }>(
      `select count(*)::int as pages from witness.writes where what = 'page'`,
    )
  )[0]?.pages ?? 0;
const countEnds = (output: string) =>
  output.split('\n').filter((line) => /sync\.(put_down|finished)/.test(line)).length;
const countRefusals = (output: string) =>
  output.split('\n').filter((line) => line.includes('taken over by another worker')).length;

/** Whoever has the run that is under way, if somebody does. */
async function findHolder(db: TestDatabase): Promise<Holder | undefined> {
  const [holder] = await db.query<Holder>(`select w.who, w.run, w.no::int as no
    from witness.writes w
    join sync_runs r on r.id = w.run and r.lease = w.lease
    where w.what = 'lease' and r.status = 'running' and r.lease_until > now()
    order by w.no desc
    limit 1`);
  return holder;
}

/**
 * Waits, waking the connection as the hourly tick would, until another worker writes in the run;
 * false when the run had already ended.
 */
async function losesItsRun(db: TestDatabase, { who, run, no }: Holder): Promise<boolean> {
  let taken = false;
  await until(
    'the other worker has the run',
    async () => {
      await enqueueDueSyncs();
      taken =
        (
          await db.query(
            `select 1
             from witness.writes
             where run = $1 and who <> $2 and what <> 'lease' and no > $3`,
            [run, who, no],
          )
        ).length > 0;
      return (
        taken ||
        (await db.query(`select 1 from sync_runs where id = $1 and status = 'running'`, [run]))
          .length === 0
      );
    },
    120_000,
  );
  return taken;
}
