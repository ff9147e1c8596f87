import { expect } from 'vitest';
import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import { until } from '../helpers/processes.ts';
import { expectWholeAgain } from './ending.ts';
import { Fleet, keepBusy, quickHands, settle } from './fleet.ts';
import { installWitness } from './witness.ts';

/**
 * The places that the sync of a page comes by; those of replays and of tokens have tests of their
 * own.
 */
export const failpoints = [
  'fetch.before',
  'fetch.after',
  'upsert.before',
  'upsert.after',
  'cursor.before',
  'commit.before',
  'commit.after',
] as const;

/**
 * At each named place the worker ends as in a power cut, `rounds` times, at a random page up to the
 * `latest`; the next worker goes on.
 */
export async function endAtFailpoints(
  db: TestDatabase,
  { rounds, latest }: { rounds: number; latest: number },
): Promise<Figures> {
  const random = chances('failpoints');
  const names = ['first', 'second'];
  const sandbox = await startSandbox({
    accounts: names.map((name) =>
      bulkAccount({
        name,
        webKey: `CT_${name}`,
        accessToken: `token-${name}`,
        seed: name,
        clients: 40,
        notesPerClient: 1,
        opportunities: 400,
        now: Date.now(),
      }),
    ),
  });
  await installWitness(db);
  const workspaces = await settle(sandbox, names, { pageSize: 20 });
  const fleet = new Fleet(db, { ...quickHands, SYNC_LEASE_SECONDS: '1' });
  let setAside = 0;
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const place of failpoints) {
        const { child, exited, output } = await fleet.start({
          FAILPOINT: `${place}:${random.int(1, latest)}`,
        });
        await until(
          `the worker ends at ${place}: ${output().slice(-300)}`,
          async () => {
            setAside += await keepBusy(db);
            return child.exitCode !== null || child.signalCode !== null;
          },
          120_000,
        );
        expect(await exited, place).toEqual({ code: null, signal: 'SIGKILL' });
      }
    }
    await fleet.start();
    const { takeovers, ...whole } = await expectWholeAgain(db, sandbox, workspaces);
    return {
      places: failpoints.length,
      'ends at each': rounds,
      ...whole,
      'runs taken over': takeovers,
      'failed runs retried': setAside,
    };
  } finally {
    await fleet.end();
    await sandbox.close(0);
  }
}
