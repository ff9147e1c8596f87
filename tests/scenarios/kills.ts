import { expect } from 'vitest';
import { bulkAccount, startSandbox } from '../../sandbox/index.ts';
import type { TestDatabase } from '../helpers/database.ts';
import type { Figures } from '../../scripts/deep/meta.ts';
import { chances } from '../helpers/deep.ts';
import { until } from '../helpers/processes.ts';
import { expectWholeAgain } from './ending.ts';
import { Fleet, keepBusy, settle } from './fleet.ts';
import { startLife } from './life.ts';
import { installWitness, countProgress } from './witness.ts';

/**
 * The worker is killed again and again in the middle of syncs, and started again at once, while the
 * source goes on living. Runs that lost three workers are retried by hand.
 */
export async function killWorkers(
  db: TestDatabase,
  { kills, tenants, records }: { kills: number; tenants: number; records: number },
): Promise<Figures> {
  const random = chances('kills');
  const names = Array.from({ length: tenants }, (_, index) => `tenant-${index + 1}`);
  const sandbox = await startSandbox({
    accounts: names.map((name) => buildAccount(name, Math.ceil(records / tenants))),
  });
  await installWitness(db);
  const workspaces = await settle(sandbox, names);
  const fleet = new Fleet(db);
  const life = startLife(sandbox, names, random);
  try {
    let worker = await fleet.start();
    let setAside = 0;
    const waits: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      const wanted = (await countProgress(db)).pages + random.int(2, 8);
      await until(
        `page ${wanted} is stored`,
        async () => {
          setAside += await keepBusy(db);
          return (await countProgress(db)).pages >= wanted;
        },
        120_000,
      );
      await new Promise((resolve) => setTimeout(resolve, random.int(0, 120)));
      await fleet.kill(worker);
      const killedAt = performance.now();
      const { pages } = await countProgress(db);
      worker = await fleet.start();
      // Patience of a minute: this is the promise, and not met it fails.
      await until('a page is stored again', async () => {
        setAside += await keepBusy(db);
        return (await countProgress(db)).pages > pages;
      });
      waits.push((performance.now() - killedAt) / 1000);
    }
    const changes = life.stop();
    const whole = await expectWholeAgain(db, sandbox, workspaces);
    expect(whole['rows compared']).toBeGreaterThanOrEqual(records * 0.9);
    return {
      kills,
      tenants,
      ...whole,
      'changes meanwhile': changes,
      'failed runs retried': setAside,
      'resumed after (s), at most': Math.max(...waits).toFixed(1),
    };
  } finally {
    life.stop();
    await fleet.end();
    await sandbox.close(0);
  }
}

/** Mostly opportunities: clients cost a request each for their notes. */
function buildAccount(name: string, records: number) {
  const clients = Math.ceil(records / 50);
  return bulkAccount({
    name,
    webKey: `CT_${name}`,
    accessToken: `token-of-${name}`,
    seed: name,
    clients,
    notesPerClient: 2,
    opportunities: records - clients * 3 - 50,
    activities: 50,
    now: Date.now(),
  });
}
